from django.urls import path

from messaging import deliveries_api as api

urlpatterns = [
    path("api/whatsapp/send", api.WhatsAppSendView.as_view(), name="api-whatsapp-send"),
    path("api/user/deliveries", api.DeliveriesView.as_view(), name="api-deliveries"),
    path("api/user/deliveries/<int:pk>", api.DeliveryView.as_view(), name="api-delivery"),
    path("api/user/channels/<int:pk>/templates", api.TemplatesView.as_view(), name="api-channel-templates"),
    path(
        "api/user/channels/<int:pk>/templates/refresh",
        api.TemplatesRefreshView.as_view(),
        name="api-channel-templates-refresh",
    ),
]
