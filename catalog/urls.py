from rest_framework.routers import SimpleRouter

from catalog.api import ProductViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("api/user/products", ProductViewSet, basename="api-product")

urlpatterns = router.urls
