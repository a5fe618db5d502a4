"""What people ask for and the catalogue does not have: «lo que te piden y no tienes»."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned


class UnansweredQuestion(TenantOwned):
    """One question that the assistant could not answer, and how often it was asked."""

    question = models.CharField(_("pregunta"), max_length=300)
    key = models.CharField(max_length=300)  # its words without accents, case and order: the same wish, said otherwise
    times = models.PositiveIntegerField(_("veces"), default=1)
    message = models.ForeignKey("messaging.Message", on_delete=models.SET_NULL, null=True, related_name="+")  # the last
    first_at = models.DateTimeField(default=timezone.now, editable=False)
    last_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("pregunta sin respuesta")
        verbose_name_plural = _("preguntas sin respuesta")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="unanswered_once"),
            models.CheckConstraint(condition=~Q(key=""), name="unanswered_not_empty"),
        ]
        indexes = [models.Index(fields=["user", "-last_at", "-id"], name="unanswered_newest")]

    def __str__(self) -> str:
        return self.question


class QuickReply(TenantOwned):
    """A text that the owner sends often."""

    title = models.CharField(_("título"), max_length=60)
    text = models.TextField(_("texto"), max_length=4096)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        app_label = "messaging"
        verbose_name = _("respuesta rápida")
        verbose_name_plural = _("respuestas rápidas")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "title"],
                name="quick_reply_once",
                violation_error_message=_("Ya tienes una respuesta con este título."),
            ),
            models.CheckConstraint(condition=~Q(title="") & ~Q(text=""), name="quick_reply_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title
