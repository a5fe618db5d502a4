from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Conversaciones")

    def ready(self) -> None:
        from messaging import budget, channels
        from messaging.webhooks import telling
        from messaging.whatsapp.notices import WhatsApp
        from tenants import events

        channels.register(WhatsApp())
        events.listen(budget.announce)
        events.listen_to_all(telling.tell)
