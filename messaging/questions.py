"""What people ask for and the catalogue does not have: «lo que te piden y no tienes»."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from catalog import words
from tenants.events import record
from tenants.models import TenantOwned, User

if TYPE_CHECKING:
    from messaging.models import Message

LONGEST_QUESTION = 300


class UnansweredQuerySet(models.QuerySet["UnansweredQuestion"]):
    def open(self) -> Self:
        """Those that nobody has put aside."""
        return self.filter(dismissed_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-last_at", "-id")

    def most_asked_first(self) -> Self:
        return self.order_by("-times", "-last_at", "-id")


class UnansweredQuestion(TenantOwned):
    """One question that the assistant could not answer, and how often it was asked."""

    question = models.CharField(_("pregunta"), max_length=300)
    key = models.CharField(max_length=300)  # its words without accents, case and order: the same wish, said otherwise
    times = models.PositiveIntegerField(_("veces"), default=1)
    message = models.ForeignKey("messaging.Message", on_delete=models.SET_NULL, null=True, related_name="+")  # the last
    first_at = models.DateTimeField(default=timezone.now, editable=False)
    last_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(UnansweredQuerySet), user="user")

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


def note_unanswered(*, user: User, text: str, message: Message, now: datetime) -> UnansweredQuestion | None:
    """Count one more who asked for ``text``, in the tenant's scope and the caller's transaction.

    None when there is no word in it. What was put aside stays aside, however often it is asked.
    """
    key = wish_of(text)
    if not key:
        return None
    given = {"question": " ".join(text.split())[:LONGEST_QUESTION], "message": message, "first_at": now, "last_at": now}
    with transaction.atomic():
        row, is_new = UnansweredQuestion.objects.get_or_create(user=user, key=key, defaults=given)
        if not is_new:
            UnansweredQuestion.objects.filter(pk=row.pk).update(times=F("times") + 1, message=message, last_at=now)
    return row


def list_wishes() -> list[dict[str, Any]]:
    """What was asked for in vain and not put aside, the newest first: [{question, times}]. In the tenant's scope."""
    return list(
        UnansweredQuestion.objects.filter(dismissed_at=None)
        .order_by("-last_at", "-id")
        .values("question", "times")[:20]
    )


def dismiss(*, question: UnansweredQuestion, now: datetime) -> None:
    """Put it aside: the owner has seen it. In the tenant's scope."""
    with transaction.atomic():
        if UnansweredQuestion.objects.filter(pk=question.pk, dismissed_at=None).update(dismissed_at=now):
            record("question_resolved", at=now, question=question.pk)


def restore(*, question: UnansweredQuestion) -> None:
    """Show it again. In the tenant's scope."""
    UnansweredQuestion.objects.filter(pk=question.pk).update(dismissed_at=None)


def wish_of(text: str) -> str:
    """The same for «¿Tienen telescopios?» and «un telescopio»: the stems of the words that say what is wished for."""
    # Also words of other tongues lose their plural: «laptops».
    stems = {words.stem(word).removesuffix("s") for word in words.content(text)}
    return " ".join(sorted(stems))[:LONGEST_QUESTION]
