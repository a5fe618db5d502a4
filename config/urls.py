"""Every route of the project. Routes are written without a last slash; requests may carry one (PathMiddleware)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import (
    errors,
    events_api,
    guide,
    health,
    limits_api,
    metrics,
    own_data_api,
    pages,
    shapes,  # noqa: F401  (drf-spectacular knows what is loaded)
)
from config.schema import DocsView, SchemaView
from config.simulator import api as simulator

urlpatterns = [
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(url_name="schema"), name="docs"),
    path("developers/<slug:name>", guide.guide, name="guide"),
    path("texts.js", pages.texts, name="texts"),
    path("user/dashboard", pages.dashboard, name="dashboard"),
    path("user/settings", pages.settings, name="settings"),
    path("user/simulator", pages.simulator, name="simulator"),
    path("api/user/simulator", simulator.StateView.as_view(), name="api-simulator"),
    path("api/user/simulator/messages", simulator.MessagesView.as_view(), name="api-simulator-messages"),
    path("api/user/simulator/read", simulator.ReadView.as_view(), name="api-simulator-read"),
    path("api/user/limits", limits_api.LimitsView.as_view(), name="api-limits"),
    path("api/user/events", events_api.EventsView.as_view(), name="api-events"),
    path("api/user/data-export", own_data_api.OwnDataListView.as_view(), name="api-own-data"),
    path("api/user/data-export/<int:pk>", own_data_api.OwnDataView.as_view(), name="api-own-data-job"),
    path("own-data/<str:token>", own_data_api.take_file, name="own-data-file"),
    path("healthz", health.show_liveness, name="healthz"),
    path("readyz", health.show_readiness, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path("", include("tenants.urls")),
    path("", include("tenants.exchange.export_urls")),
    path("", include("tenants.exchange.import_urls")),
    path("", include("tenants.exchange.page_urls")),
    path("", include("catalog.urls")),
    path("", include("agenda.urls")),
    path("", include("agenda.calendar.urls")),
    path("", include("assistants.urls")),
    path("", include("messaging.urls")),
    path("", include("messaging.deliveries_urls")),
    path("", include("messaging.inbox_urls")),
    path("", include("messaging.numbers_urls")),
    path("", include("messaging.webhooks.urls")),
    path("", include("analytics.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
