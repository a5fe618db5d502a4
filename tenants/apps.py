from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Cuentas")

    def ready(self) -> None:
        from tenants.contacts_exchange import CONTACTS
        from tenants.exchange.kinds import register

        register(CONTACTS)
