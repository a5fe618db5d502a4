from django.urls import path

from tenants.exchange import pages

urlpatterns = [
    path("user/import", pages.imports, name="import"),
    path("user/import/sample", pages.sample, name="import-sample"),
]
