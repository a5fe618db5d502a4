from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgendaConfig(AppConfig):
    name = "agenda"
    verbose_name = _("Agenda")

    def ready(self) -> None:
        from agenda.exchange.appointment_rows import APPOINTMENTS
        from agenda.exchange.task_rows import TASKS
        from tenants.exchange.kinds import register

        register(TASKS)
        register(APPOINTMENTS)
