from django.urls import path, register_converter
from rest_framework.routers import SimpleRouter

from tenants import account_api, api, email_pages, keys_pages, language_pages, pages, security_pages
from tenants.contacts_api import ContactViewSet
from tenants.keys_api import KeyViewSet
from tenants.logos_api import LogoView
from tenants.theme import ColourConverter

register_converter(ColourConverter, "colour")

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/contacts", ContactViewSet, basename="api-contact")
router.register("api/user/keys", KeyViewSet, basename="api-key")

urlpatterns = [
    *router.urls,
    path("", pages.home, name="home"),
    path("user", pages.home),
    path("user/api", keys_pages.keys, name="api-keys"),
    path("theme/<colour:accent>.css", pages.theme, name="theme"),
    path("login", pages.LoginPage.as_view(), name="login"),
    path("login/code", security_pages.CodePage.as_view(), name="login-code"),
    path("account/password", security_pages.OwnPasswordPage.as_view(), name="account-password"),
    path("account/second-factor", security_pages.SecondFactorPage.as_view(), name="second-factor"),
    path("account/proof", security_pages.ProofPage.as_view(), name="proof"),
    path("account/email/verify/<str:token>", email_pages.VerifyPage.as_view(), name="email-verify"),
    path("account/email/confirm/<str:token>", email_pages.ConfirmPage.as_view(), name="email-confirm"),
    path("account/email/take-back/<str:token>", email_pages.TakeBackPage.as_view(), name="email-take-back"),
    path("account/viewing/end", security_pages.stop_viewing, name="viewing-end"),
    path("register", pages.RegisterPage.as_view(), name="register"),
    path("logout", pages.sign_out, name="logout"),
    path("language", language_pages.choose_language, name="language"),
    path("password-reset", pages.PasswordResetPage.as_view(), name="password-reset"),
    path("password-reset/done", pages.password_reset_done, name="password-reset-done"),
    path("password-reset/complete", pages.password_reset_complete, name="password-reset-complete"),
    path("password-reset/<uidb64>/<token>", pages.PasswordResetConfirmPage.as_view(), name="password-reset-confirm"),
    path("api/auth/register", api.RegisterView.as_view(), name="api-register"),
    path("api/auth/login", api.LoginView.as_view(), name="api-login"),
    path("api/auth/refresh", api.RefreshView.as_view(), name="api-refresh"),
    path("api/auth/logout", api.LogoutView.as_view(), name="api-logout"),
    path("api/auth/me", api.MeView.as_view(), name="api-me"),
    path("api/auth/password", api.PasswordView.as_view(), name="api-password"),
    path("api/auth/email", account_api.EmailView.as_view(), name="api-email"),
    path("api/auth/email/verification", account_api.VerificationView.as_view(), name="api-verification"),
    path("api/auth/sessions", account_api.SessionsView.as_view(), name="api-sessions"),
    path("api/auth/sessions/<int:pk>", account_api.SessionView.as_view(), name="api-session"),
    path("api/user/deletion", account_api.DeletionView.as_view(), name="api-deletion"),
    path("api/user/preferences", api.PreferencesView.as_view(), name="api-preferences"),
    path("api/user/logo", LogoView.as_view(), name="api-logo"),
]
