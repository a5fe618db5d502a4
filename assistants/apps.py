from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssistantsConfig(AppConfig):
    name = "assistants"
    verbose_name = _("Asistentes")

    def ready(self) -> None:
        from assistants import checks  # noqa: F401  (registers them)
