from django.urls import URLPattern, path

from messaging import pages

urlpatterns: list[URLPattern] = [
    path("user/commercial/chat", pages.commercial_chat, name="chat"),
]
