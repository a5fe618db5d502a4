from django.urls import path
from rest_framework.routers import SimpleRouter

from tenants.exchange.import_api import ImportViewSet, import_view

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/imports", ImportViewSet, basename="api-import")

urlpatterns = [
    *router.urls,
    path(
        "api/user/products/import",
        import_view(
            "products",
            operation="import_products",
            text="Products from a spreadsheet, in one call: created, or updated where their SKU is known already.",
        ),
        name="api-products-import",
    ),
    path(
        "api/user/contacts/import",
        import_view(
            "contacts",
            operation="import_contacts",
            text="Contacts from a spreadsheet, in one call: created, or updated where they are known already.",
        ),
        name="api-contacts-import",
    ),
    path(
        "api/user/personal/tasks/import",
        import_view(
            "tasks",
            operation="import_tasks",
            text="Tasks from a spreadsheet or an iCalendar file, in one call.",
        ),
        name="api-tasks-import",
    ),
    path(
        "api/user/personal/appointments/import",
        import_view(
            "appointments",
            operation="import_appointments",
            text="Appointments from a spreadsheet or an iCalendar file, in one call.",
        ),
        name="api-appointments-import",
    ),
]
