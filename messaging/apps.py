from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Conversaciones")

    def ready(self) -> None:
        from messaging import channels
        from messaging.whatsapp.notices import WhatsApp

        channels.register(WhatsApp())
