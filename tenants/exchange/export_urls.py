from django.urls import path

from tenants.contacts_api import ContactFilters
from tenants.exchange.export_api import ExportDetailView, ExportFileView, ExportsView, export_view, show_file

urlpatterns = [
    path("exports/<str:token>", show_file, name="export-file"),
    path("api/user/exports", ExportsView.as_view(), name="api-exports"),
    path("api/user/exports/<int:pk>", ExportDetailView.as_view(), name="api-export"),
    path("api/user/exports/<int:pk>/file", ExportFileView.as_view(), name="api-export-file"),
    path(
        "api/user/contacts/export",
        export_view(
            "contacts",
            operation="export_contacts",
            filters=ContactFilters,
            formats=("csv", "xlsx"),
            text="My contacts as a spreadsheet, as the import reads it.",
        ),
        name="api-contacts-export",
    ),
]
