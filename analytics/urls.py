from django.urls import path

from analytics import pages

urlpatterns = [
    path("user/analytics", pages.analytics, name="analytics"),
]
