from django.urls import include, path

from messaging import api, bell_api, pages
from messaging.export import ConversationExportFilters, ConversationSource
from messaging.whatsapp import webhook
from tenants.exchange.export_api import export_view

urlpatterns = [
    path("user/commercial/chat", pages.commercial_chat, name="chat"),
    path("user/personal/chat", pages.personal_chat, name="personal-chat"),
    path("api/user/chat/message", api.SendView.as_view(), name="api-chat-message"),
    path("api/user/chat/messages/<int:pk>", api.MessageView.as_view(), name="api-chat-message-detail"),
    path("api/user/chat/messages/<int:pk>/stream", api.StreamView.as_view(), name="api-chat-message-stream"),
    path("api/user/chat/messages/<int:pk>/retry", api.RetryView.as_view(), name="api-chat-message-retry"),
    path("api/user/chat/conversations", api.ConversationsView.as_view(), name="api-chat-conversations"),
    path("api/user/chat/conversations/<int:pk>", api.ConversationView.as_view(), name="api-chat-conversation"),
    path(
        "api/user/chat/conversations/export",
        export_view(
            "conversations",
            operation="export_conversations",
            filters=ConversationExportFilters,
            formats=ConversationSource.formats,
            text="What was said, one row for each message.",
        ),
        name="api-conversations-export",
    ),
    path("api/user/personal/reminders", bell_api.RemindersView.as_view(), name="api-reminders"),
    path("api/user/notifications", bell_api.NotificationsView.as_view(), name="api-notifications"),
    path("api/user/notifications/read", bell_api.NotificationsReadView.as_view(), name="api-notifications-read"),
    path("api/user/notifications/stream", bell_api.NotificationStreamView.as_view(), name="api-notifications-stream"),
    path("api/user/notifications/<int:pk>/read", bell_api.NotificationReadView.as_view(), name="api-notification-read"),
    path("", include("messaging.mail.urls")),
    path("api/whatsapp/webhook", webhook.WebhookView.as_view(), name="api-whatsapp-webhook"),
    path("api/whatsapp/verify", webhook.VerifyView.as_view(), name="api-whatsapp-verify"),
]
