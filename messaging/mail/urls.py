from django.urls import path

from messaging.mail import api, pages

urlpatterns = [
    path("mail/unsubscribe/<str:token>", pages.unsubscribe, name="unsubscribe"),
    path("api/user/mail", api.MailView.as_view(), name="api-mail"),
    path("api/user/mail/test", api.TestView.as_view(), name="api-mail-test"),
    path("api/user/mail/letters", api.LettersView.as_view(), name="api-mail-letters"),
]
