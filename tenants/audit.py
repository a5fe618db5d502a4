"""What superadmins did, and to whom. A trigger refuses to change or delete a row, whoever asks."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from tenants.models import User

# What an act is called on the screen; one that stands not here is shown by its name.
ACTIONS = {
    "added": _("Creó"),
    "changed": _("Cambió"),
    "deleted": _("Borró"),
    "model_changed": _("Cambió el modelo que responde"),
    "suspended": _("Suspendió la cuenta"),
    "restored": _("Reactivó la cuenta"),
    "deletion_stopped": _("Detuvo el borrado de la cuenta"),
    "role_changed": _("Cambió el rol"),
    "password_change_required": _("Exigió cambiar la contraseña"),
    "password_changed": _("Cambió la contraseña"),
    "sessions_ended": _("Cerró sus sesiones"),
    "second_factor_reset": _("Quitó el segundo factor"),
    "viewing_began": _("Empezó a ver la cuenta"),
    "viewing_ended": _("Dejó de ver la cuenta"),
    "conversation_opened": _("Abrió una conversación"),
    "body_replayed": _("Repasó un cuerpo recibido"),
    "update_retried": _("Reintentó una novedad recibida"),
    "task_retried": _("Reintentó una tarea de la cola"),
    "task_discarded": _("Descartó una tarea de la cola"),
    "job_asked": _("Pidió un trabajo con los datos de una persona"),
    "job_cancelled": _("Canceló un trabajo con los datos de una persona"),
    "export_downloaded": _("Descargó los datos de una persona"),
    "data_exported": _("Se exportaron los datos de una persona"),
    "data_erased": _("Se borraron los datos de una persona"),
}

request_address: ContextVar[str] = ContextVar("request_address", default="")  # of whoever sent the request


class AuditEntry(models.Model):
    """One act of a superadmin, or one attempt at one. Names are kept beside ids, for what they name may be deleted.

    ``changes`` is {field: [before, after]} without secrets: of a key it says only that it changed.
    """

    at = models.DateTimeField(_("cuándo"), default=now, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("quién"), max_length=60, blank=True)
    action = models.CharField(_("qué"), max_length=60)
    target_type = models.CharField(_("a qué"), max_length=60, blank=True)
    target_id = models.CharField(max_length=60, blank=True)
    target_name = models.CharField(_("a cuál"), max_length=200, blank=True)
    reason = models.CharField(_("por qué"), max_length=500, blank=True)
    changes = models.JSONField(_("cambios"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    address = models.CharField(_("desde"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("anotación de auditoría")
        verbose_name_plural = _("auditoría")
        indexes = [models.Index(fields=["target_type", "target_id", "-at"], name="audit_by_target")]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.target_name}".strip()

    @property
    def label(self) -> str:
        """What was done, in words."""
        return str(ACTIONS.get(self.action, self.action))


def audit(
    *,
    actor: User | None,
    action: str,
    target: models.Model | None = None,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write down in the caller's transaction that ``actor`` did ``action`` to ``target``. None is the system itself."""
    return AuditEntry.objects.create(
        actor_id=actor.pk if actor is not None else None,
        actor_name=actor.username if actor is not None else "",
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_name=str(target)[:200] if target is not None else "",
        reason=reason[:500],
        changes=changes or {},
        address=request_address.get()[:60],
    )
