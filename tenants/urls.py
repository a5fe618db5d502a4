from django.urls import path

from tenants import api

urlpatterns = [
    path("api/auth/register", api.RegisterView.as_view(), name="api-register"),
    path("api/auth/login", api.LoginView.as_view(), name="api-login"),
    path("api/auth/refresh", api.RefreshView.as_view(), name="api-refresh"),
    path("api/auth/logout", api.LogoutView.as_view(), name="api-logout"),
    path("api/auth/me", api.MeView.as_view(), name="api-me"),
    path("api/auth/password", api.PasswordView.as_view(), name="api-password"),
    path("api/user/preferences", api.PreferencesView.as_view(), name="api-preferences"),
]
