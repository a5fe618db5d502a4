"""Which model answers, what each turn took, and what it did or wants to do."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
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


class LLMConfiguration(models.Model):
    """The one row that says which model answers every tenant. What is blank comes from the settings."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
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
        validators=[RegexValidator(r"^[\w.:/@-]+\Z", _("Un identificador de modelo, sin espacios."))],
        help_text=_("Por ejemplo claude-haiku-5-5. En blanco: el habitual del proveedor."),
    )
    api_key = EncryptedTextField(_("clave"), blank=True)
    base_url = models.CharField(
        _("dirección"),
        max_length=300,
        blank=True,
        validators=[
            RegexValidator(r"^https?://[^\s/?#@]+(/[^\s?#@]*)?\Z", _("Una dirección http:// o https://, sin clave."))
        ],
        help_text=_("Solo para un servidor propio, por ejemplo http://127.0.0.1:11434/v1."),
    )
    max_tokens = models.PositiveIntegerField(
        _("largo máximo"),
        null=True,
        blank=True,
        validators=[MinValueValidator(64), MaxValueValidator(32_000)],
        help_text=_("Tokens de una respuesta, entre 64 y 32 000. En blanco: 1024."),
    )
    updated_at = models.DateTimeField(_("cambiada"), auto_now=True)

    class Meta:
        verbose_name = _("modelo que responde")
        verbose_name_plural = _("modelo que responde")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="llm_configuration_one_row"),
            models.CheckConstraint(
                condition=Q(provider__in=["", *ProviderName.values]), name="llm_configuration_provider_known"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Modelo que responde"))


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
    ``reached`` name the measures of which the tenant was told that little, or nothing, is left.
    """

    month = models.DateField()  # its first day
    turns = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    money = models.DecimalField(max_digits=14, decimal_places=6, default=0)  # US dollars
    messages = models.PositiveIntegerField(default=0)
    warned = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    reached = ArrayField(models.CharField(max_length=10), default=list, blank=True)

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
