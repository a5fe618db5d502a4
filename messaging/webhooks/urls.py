from django.urls import path

from messaging.webhooks import pages
from messaging.webhooks.api import (
    RedeliverView,
    WebhookDeliveriesView,
    WebhookDeliveryView,
    WebhookEventsView,
    WebhookViewSet,
)

one = "api/user/webhooks/<int:pk>"

urlpatterns = [
    path("user/webhooks", pages.webhooks, name="webhooks"),
    path("api/user/webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"}), name="api-webhooks"),
    path("api/user/webhooks/events", WebhookEventsView.as_view(), name="api-webhook-events"),
    path(
        one,
        WebhookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api-webhook",
    ),
    path(f"{one}/rotate", WebhookViewSet.as_view({"post": "rotate"}), name="api-webhook-rotate"),
    path(f"{one}/test", WebhookViewSet.as_view({"post": "try_out"}), name="api-webhook-test"),
    path(f"{one}/deliveries", WebhookDeliveriesView.as_view(), name="api-webhook-deliveries"),
    path(f"{one}/deliveries/<int:delivery>", WebhookDeliveryView.as_view(), name="api-webhook-delivery"),
    path(f"{one}/deliveries/<int:delivery>/redeliver", RedeliverView.as_view(), name="api-webhook-redeliver"),
]
