from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analíticas")

    def ready(self) -> None:
        from analytics.rollups import note_late
        from tenants.events import listen

        listen(note_late)
