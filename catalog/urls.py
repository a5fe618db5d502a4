from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog import pages
from catalog.api import ProductViewSet
from catalog.export import ProductExportFilters, ProductSource
from catalog.order_api import OrderViewSet
from tenants.exchange.export_api import export_view

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/products", ProductViewSet, basename="api-product")
router.register("api/user/orders", OrderViewSet, basename="api-order")

urlpatterns = [
    path("user/commercial/products", pages.products, name="products"),
    path(
        "api/user/products/export",
        export_view(
            "products",
            operation="export_products",
            filters=ProductExportFilters,
            formats=ProductSource.formats,
            text="My products as a spreadsheet, as the import reads it; or as a price list (PDF) of the active ones.",
        ),
        name="api-products-export",
    ),
    *router.urls,
]
