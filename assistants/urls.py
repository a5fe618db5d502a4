from django.urls import path

from assistants import api

urlpatterns = [path("api/user/usage", api.UsageView.as_view(), name="api-usage")]
