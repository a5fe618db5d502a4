from django.urls import path

from messaging import numbers_pages
from messaging.numbers_api import ChannelViewSet, LinkPhonesView, LinkPhoneView

one = "api/user/channels/<int:pk>"

urlpatterns = [
    path("user/whatsapp", numbers_pages.whatsapp, name="whatsapp"),
    path("api/user/channels", ChannelViewSet.as_view({"get": "list", "post": "create"}), name="api-channels"),
    path(
        one,
        ChannelViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api-channel",
    ),
    path(f"{one}/test", ChannelViewSet.as_view({"post": "try_out"}), name="api-channel-test"),
    path(f"{one}/check", ChannelViewSet.as_view({"post": "check"}), name="api-channel-check"),
    path(f"{one}/pause", ChannelViewSet.as_view({"post": "pause"}), name="api-channel-pause"),
    path(f"{one}/resume", ChannelViewSet.as_view({"post": "resume"}), name="api-channel-resume"),
    path(f"{one}/usage", ChannelViewSet.as_view({"get": "usage"}), name="api-channel-usage"),
    path("api/whatsapp/link-phone", LinkPhonesView.as_view(), name="api-link-phone"),
    path("api/whatsapp/link-phone/<int:pk>", LinkPhoneView.as_view(), name="api-link-phone-detail"),
]
