from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog import pages
from catalog.api import ProductViewSet
from catalog.order_api import OrderViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/products", ProductViewSet, basename="api-product")
router.register("api/user/orders", OrderViewSet, basename="api-order")

urlpatterns = [path("user/commercial/products", pages.products, name="products"), *router.urls]
