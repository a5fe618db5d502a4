from django.urls import path

from agenda import pages

urlpatterns = [
    path("user/personal/agenda", pages.agenda, name="agenda"),
    path("user/personal/tasks", pages.tasks, name="tasks"),
]
