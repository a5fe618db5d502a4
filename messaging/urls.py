from django.urls import path

from messaging import api, pages

urlpatterns = [
    path("user/commercial/chat", pages.commercial_chat, name="chat"),
    path("api/user/chat/message", api.SendView.as_view(), name="api-chat-message"),
    path("api/user/chat/messages/<int:pk>", api.MessageView.as_view(), name="api-chat-message-detail"),
    path("api/user/chat/messages/<int:pk>/stream", api.StreamView.as_view(), name="api-chat-message-stream"),
    path("api/user/chat/messages/<int:pk>/retry", api.RetryView.as_view(), name="api-chat-message-retry"),
    path("api/user/chat/conversations", api.ConversationsView.as_view(), name="api-chat-conversations"),
    path("api/user/chat/conversations/<int:pk>", api.ConversationView.as_view(), name="api-chat-conversation"),
]
