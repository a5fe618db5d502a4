from django.urls import path
from rest_framework.routers import SimpleRouter

from agenda import pages
from agenda.api import AppointmentViewSet, ChangeViewSet, DraftView, TaskViewSet
from agenda.export import AppointmentSource, TaskSource
from agenda.filters import AppointmentFilters, TaskFilters
from tenants.exchange.export_api import export_view

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/personal/appointments", AppointmentViewSet, basename="api-appointment")
router.register("api/user/personal/tasks", TaskViewSet, basename="api-task")
router.register("api/user/personal/changes", ChangeViewSet, basename="api-change")

urlpatterns = [
    path("user/personal/agenda", pages.agenda, name="agenda"),
    path("user/personal/tasks", pages.tasks, name="tasks"),
    path("api/user/personal/draft", DraftView.as_view(), name="api-draft"),
    path(
        "api/user/personal/appointments/export",
        export_view(
            "appointments",
            operation="export_appointments",
            filters=AppointmentFilters,
            formats=AppointmentSource.formats,
            text="My appointments as a spreadsheet, as the import reads it; as an iCalendar file; or as a PDF of the"
            " week that begins with `from`, else of this one.",
        ),
        name="api-appointments-export",
    ),
    path(
        "api/user/personal/tasks/export",
        export_view(
            "tasks",
            operation="export_tasks",
            filters=TaskFilters,
            formats=TaskSource.formats,
            text="My tasks as a spreadsheet, as the import reads it; as an iCalendar file; or as a PDF to tick off.",
        ),
        name="api-tasks-export",
    ),
    *router.urls,
]
