from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catálogo")

    def ready(self) -> None:
        from catalog.exchange import PRODUCTS
        from tenants.exchange.kinds import register

        register(PRODUCTS)
