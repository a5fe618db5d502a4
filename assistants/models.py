"""Which model answers, what each turn took, and what it did or wants to do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models import TenantOwned


class ProviderName(models.TextChoices):
    """The providers that ``assistants.providers`` knows."""

    ANTHROPIC = "anthropic", _("Claude (Anthropic)")
    OPENAI = "openai", _("OpenAI o compatible (Ollama, vLLM…)")
    BUILTIN = "builtin", _("Incorporado, sin modelo")


_model_id = RegexValidator(r"^[\w.:/@-]+\Z", _("Un identificador de modelo, sin espacios."))
_address = RegexValidator(r"^https?://[^\s/?#@]+(/[^\s?#@]*)?\Z", _("Una dirección http:// o https://, sin clave."))


def _price(label: Any) -> models.DecimalField[Any, Any]:
    """US dollars per million tokens; None: as published, where that is known."""
    return models.DecimalField(
        label, max_digits=12, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )


class LLMConfiguration(models.Model):
    """One version of what is said about the model that answers every tenant; what is blank comes from the settings.

    Versions are never changed: whoever decides anew leaves another one, and one is active. Keys lie apart
    (``ModelKey``), so that no version holds a secret.
    """

    provider = models.CharField(
        _("proveedor"),
        max_length=12,
        choices=ProviderName,
        blank=True,
        help_text=_("En blanco: el de la configuración del servidor."),
    )
    model = models.CharField(
        _("modelo"),
        max_length=120,
        blank=True,
        validators=[_model_id],
        help_text=_("Por ejemplo claude-haiku-5-5. En blanco: el habitual del proveedor."),
    )
    base_url = models.CharField(
        _("dirección"),
        max_length=300,
        blank=True,
        validators=[_address],
        help_text=_("Solo para un servidor propio, por ejemplo http://127.0.0.1:11434/v1."),
    )
    max_tokens = models.PositiveIntegerField(
        _("largo máximo"),
        null=True,
        blank=True,
        validators=[MinValueValidator(64), MaxValueValidator(32_000)],
        help_text=_("Tokens de una respuesta, entre 64 y 32 000. En blanco: 1024."),
    )
    input_price = _price(_("entrada"))
    output_price = _price(_("salida"))
    cache_read_price = _price(_("lectura de caché"))
    cache_write_price = _price(_("escritura de caché"))
    fallback_provider = models.CharField(
        _("proveedor de respaldo"),
        max_length=12,
        choices=[choice for choice in ProviderName.choices if choice[0] != ProviderName.BUILTIN],
        blank=True,
        help_text=_("Responde cuando el primero falla. En blanco: el asistente incorporado."),
    )
    fallback_model = models.CharField(_("modelo de respaldo"), max_length=120, blank=True, validators=[_model_id])
    fallback_base_url = models.CharField(_("dirección del respaldo"), max_length=300, blank=True, validators=[_address])
    fallback_input_price = _price(_("entrada, respaldo"))
    fallback_output_price = _price(_("salida, respaldo"))
    fallback_cache_read_price = _price(_("lectura de caché, respaldo"))
    fallback_cache_write_price = _price(_("escritura de caché, respaldo"))
    is_active = models.BooleanField(_("en uso"), default=True, editable=False)
    note = models.CharField(_("nota"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("desde"), default=timezone.now, editable=False)
    created_by = models.CharField(_("quién"), max_length=60, blank=True, editable=False)
    changes = models.JSONField(_("cambios"), default=dict, editable=False, encoder=DjangoJSONEncoder)
    tested = models.JSONField(_("prueba"), default=dict, editable=False)  # {"main": {…}, "fallback": {…}}

    class Meta:
        verbose_name = _("modelo que responde")
        verbose_name_plural = _("modelo que responde")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="llm_configuration_one_active"
            ),
            models.CheckConstraint(
                condition=Q(provider__in=["", *ProviderName.values]), name="llm_configuration_provider_known"
            ),
            models.CheckConstraint(
                condition=Q(fallback_provider__in=["", ProviderName.ANTHROPIC, ProviderName.OPENAI]),
                name="llm_configuration_fallback_known",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Versión %(n)s")) % {"n": self.pk or "–"}


class ModelKey(models.Model):
    """A key for one provider at one address, given to nobody else. Several are tried in the order of ``position``.

    One that was refused is set aside until it is taken back by hand, or serves again once no other one does.
    """

    class Aside(models.TextChoices):
        REFUSED = "refused", _("el proveedor no la acepta")
        NO_CREDIT = "no_credit", _("sin saldo")

    provider = models.CharField(_("proveedor"), max_length=12, choices=ProviderName)
    base_url = models.CharField(_("dirección"), max_length=300, blank=True)  # as resolved; blank: the provider's own
    secret = EncryptedTextField(_("clave"))
    ends = models.CharField(_("termina en"), max_length=4, blank=True)  # blank where four would tell too much
    position = models.PositiveSmallIntegerField(_("orden"), default=0)
    added_at = models.DateTimeField(_("desde"), default=timezone.now, editable=False)
    added_by = models.CharField(_("quién"), max_length=60, blank=True, editable=False)
    set_aside_at = models.DateTimeField(_("apartada"), null=True, blank=True, editable=False)
    set_aside_for = models.CharField(_("por qué"), max_length=10, choices=Aside, blank=True, editable=False)

    class Meta:
        verbose_name = _("clave de modelo")
        verbose_name_plural = _("claves de modelo")
        ordering = ["provider", "base_url", "position", "pk"]
        indexes = [models.Index(fields=["provider", "base_url"], name="model_key_by_address")]

    def __str__(self) -> str:
        return f"…{self.ends}"


class Breaker(models.Model):
    """What all processes know of one model's faults: while it is open nobody asks that model, but for a trial.

    Closed while ``opened_at`` is None. ``try_at`` is when the next trial may begin, ``trial_until`` when the one that
    runs is given up.
    """

    provider = models.CharField(max_length=12)
    model = models.CharField(max_length=120)
    base_url = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)  # one after the other, since began_at
    began_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    try_at = models.DateTimeField(null=True)
    trial_until = models.DateTimeField(null=True)
    last_fault = models.CharField(max_length=20, blank=True)
    last_fault_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("estado de un modelo")
        verbose_name_plural = _("estado de los modelos")
        constraints = [
            models.UniqueConstraint(fields=["provider", "model", "base_url"], name="breaker_one_per_model"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"


class Outcome(models.TextChoices):
    """How a turn ended."""

    ANSWERED = "answered", _("respondida")
    CORRECTED = "corrected", _("respondida al segundo intento")
    CUT = "cut", _("cortada en una frase entera")
    FALLBACK = "fallback", _("respondida por el asistente incorporado")


class TurnUsage(TenantOwned):
    """What one turn took: tokens, time, tools, and why it went another way than planned. Never a text."""

    assistant_type = models.CharField(max_length=20)
    audience = models.CharField(max_length=10)
    provider = models.CharField(max_length=12)
    model = models.CharField(max_length=120, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cache_read_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    # A call was cut off before its service had told all that it took: the rest of it was estimated.
    is_estimate = models.BooleanField(_("con una parte estimada"), default=False)
    latency_ms = models.PositiveIntegerField(default=0)
    rounds = models.PositiveSmallIntegerField(default=0)
    tools = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True)  # US dollars; None: prices are not known
    configuration = models.PositiveIntegerField(null=True)  # the version that held; None: the settings alone
    by_fallback = models.BooleanField(default=False)  # the second model was asked, in place of the first
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consumo de un turno")
        verbose_name_plural = _("consumo de los turnos")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="turn_usage_outcome_known"),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="turn_usage_by_time")]


class MonthUsage(TenantOwned):
    """What a tenant used in one month of their own calendar, added up in the transaction of what was used.

    ``turns`` are those in which a model was asked, ``messages`` those that went out by WhatsApp. ``warned`` and
    ``reached`` name the measures of which the tenant was told that little, or nothing, is left; ``told_on`` is the
    last day on which an assistant said so to them.
    """

    month = models.DateField()  # its first day
    turns = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    money = models.DecimalField(max_digits=14, decimal_places=6, default=0)  # US dollars
    messages = models.PositiveIntegerField(default=0)
    warned = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    reached = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    told_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("consumo de un mes")
        verbose_name_plural = _("consumo de los meses")
        constraints = [models.UniqueConstraint(fields=["user", "month"], name="month_usage_once")]


class ToolEffect(TenantOwned):
    """What one writing call of a turn did, written in the transaction of the change itself.

    ``turn`` is the id of the person's message, ``thread`` that of its conversation, ``step`` the ordinal of the call
    among those of the turn that write (0: what the person has just agreed to). Whoever runs the turn again finds the
    step taken, and what came of it in ``result``.
    """

    turn = models.BigIntegerField()
    thread = models.BigIntegerField()
    step = models.PositiveSmallIntegerField()
    tool = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)  # SHA-256 of the tool's name and arguments
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("efecto de una herramienta")
        verbose_name_plural = _("efectos de las herramientas")
        constraints = [models.UniqueConstraint(fields=["user", "turn", "step"], name="tool_effect_once")]
        indexes = [models.Index(fields=["user", "thread"], name="tool_effect_by_thread")]


class Intention(TenantOwned):
    """What an assistant wants to do and has asked about: done by the person's «sí» in the next turn of its thread.

    ``calls``: [{"tool", "arguments"}]; ``turn`` is the message in whose turn it was asked. One per thread.
    """

    thread = models.BigIntegerField()
    turn = models.BigIntegerField()
    calls = models.JSONField(default=list)
    question = models.TextField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("intención pendiente")
        verbose_name_plural = _("intenciones pendientes")
        constraints = [models.UniqueConstraint(fields=["user", "thread"], name="intention_one_per_thread")]
