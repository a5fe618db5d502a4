from django.urls import path
from rest_framework.routers import SimpleRouter

from agenda import pages
from agenda.api import AppointmentViewSet, ChangeViewSet, DraftView, TaskViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/personal/appointments", AppointmentViewSet, basename="api-appointment")
router.register("api/user/personal/tasks", TaskViewSet, basename="api-task")
router.register("api/user/personal/changes", ChangeViewSet, basename="api-change")

urlpatterns = [
    path("user/personal/agenda", pages.agenda, name="agenda"),
    path("user/personal/tasks", pages.tasks, name="tasks"),
    path("api/user/personal/draft", DraftView.as_view(), name="api-draft"),
    *router.urls,
]
