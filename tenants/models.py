"""Who: people, and the base of every table that belongs to one of them."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tenants.audit import AuditEntry
from tenants.contacts import Contact
from tenants.email_changes import EmailChange
from tenants.events import Event, record
from tenants.exchange.export_jobs import ExportJob
from tenants.exchange.import_jobs import ImportJob, ImportMapping, ImportPiece, ImportRow
from tenants.hours import (
    default_reminder_channels,
    default_working_hours,
    validate_quiet_hours,
    validate_working_hours,
)
from tenants.idempotency import KeptAnswer
from tenants.keys import ApiKey
from tenants.limits import LimitWindow
from tenants.logos import Logo
from tenants.ownership import StaleVersion, TenantOwned, Versioned
from tenants.plans import Allowance, Plan
from tenants.preferences import COUNTRIES, CURRENCIES, LANGUAGES, validate_timezone
from tenants.second_factor import RecoveryCode, SecondFactor
from tenants.sign_ins import SignIn

__all__ = [
    "Allowance",
    "ApiKey",
    "AuditEntry",
    "Contact",
    "EmailChange",
    "Event",
    "ExportJob",
    "ImportJob",
    "ImportMapping",
    "ImportPiece",
    "ImportRow",
    "KeptAnswer",
    "LimitWindow",
    "Logo",
    "Plan",
    "Preferences",
    "RecoveryCode",
    "SecondFactor",
    "SignIn",
    "StaleVersion",
    "TenantOwned",
    "User",
    "UserManager",
    "Versioned",
]

UNPROVED_FOR = timedelta(days=7)  # that a new account gets all its letters before the address is proved
DECIDES_HOURS = {"timezone", "due_hour", "morning_digest_at", "evening_digest_at"}  # of reminders


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> User:
        """Make a user of role ``user`` unless ``role`` says otherwise. The password is hashed; None means unusable."""
        user = self.model(username=username, email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, email, password, role=User.Role.SUPERADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)

    def known_as(self, name: str) -> models.QuerySet[User]:
        """Whoever has this username or e-mail, whatever the case: one person at most, for a username has no @."""
        return self.filter(Q(username__iexact=name) | Q(email__iexact=name) & ~Q(email=""))

    def tenants(self) -> models.QuerySet[User]:
        return self.filter(role=User.Role.USER)

    def let_in(self) -> models.QuerySet[User]:
        """Whoever may sign in: whose account is active, or being given up."""
        return self.filter(Q(is_active=True) | Q(leaves_at__isnull=False))


class User(AbstractBaseUser):
    """A person. Role ``user`` is a tenant; role ``superadmin`` runs the system and owns no tenant data."""

    class Role(models.TextChoices):
        USER = "user", _("Usuario")
        SUPERADMIN = "superadmin", _("Superadministrador")

    username = models.CharField(
        _("usuario"),
        max_length=60,
        validators=[
            # Without @, so that a username is never another person's e-mail, and «@usuario» names a shop.
            RegexValidator(r"^\w[\w.-]*\Z", _("Usa letras, números, punto, guion y guion bajo."))
        ],
    )
    email = models.EmailField(_("correo"), blank=True)
    role = models.CharField(_("rol"), max_length=12, choices=Role, default=Role.USER)
    is_admin = models.GeneratedField(
        expression=Q(role="superadmin"),  # type: ignore[arg-type]  # a Q is an expression to Django itself
        output_field=models.BooleanField(),
        db_persist=True,
    )
    is_active = models.BooleanField(_("activo"), default=True)
    language = models.CharField(_("idioma"), max_length=5, choices=LANGUAGES, default="es")
    timezone = models.CharField(
        _("zona horaria"), max_length=64, default="America/Bogota", validators=[validate_timezone]
    )
    plan = models.ForeignKey(
        Plan,
        verbose_name=_("plan"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("En blanco: el de las cuentas nuevas."),
    )
    # When its owner proved that the address is theirs; what depends on it: ``gets_mail``.
    email_verified_at = models.DateTimeField(_("correo confirmado"), null=True, blank=True, editable=False)
    must_change_password = models.BooleanField(_("debe cambiar la contraseña"), default=False, db_default=False)
    # Sessions and tokens name the one with which they began; when it rises, all of them are over.
    access_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Its owner wants it deleted: then it is inactive, and may be looked at and kept until this moment.
    leaves_at = models.DateTimeField(_("se borra"), null=True, blank=True, editable=False)
    leaving_told_at = models.DateTimeField(null=True, blank=True, editable=False)  # that it will be soon
    created_at = models.DateTimeField(_("desde"), default=now, editable=False)

    # By which sign-in the person sends this request (``tenants.sign_ins``); None for a key, a task, a shell.
    sign_in_id: int | None = None

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        constraints = [
            models.UniqueConstraint(
                Lower("username"), name="user_username_unique", violation_error_message=_("Ese usuario ya existe.")
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_unique",
                violation_error_message=_("Ese correo ya tiene una cuenta."),
            ),
            models.CheckConstraint(condition=Q(role__in=["user", "superadmin"]), name="user_role_known"),
            models.CheckConstraint(
                condition=Q(leaves_at=None) | Q(is_active=False, role="user"), name="user_leaving_does_nothing"
            ),
        ]
        indexes = [models.Index(fields=["leaves_at"], condition=Q(leaves_at__isnull=False), name="user_leaving")]

    @property
    def is_tenant(self) -> bool:
        return self.role == self.Role.USER

    @property
    def is_superadmin(self) -> bool:
        return self.role == self.Role.SUPERADMIN

    @property
    def is_leaving(self) -> bool:
        """Whether the account is being given up: it does nothing, but its owner still comes in."""
        return self.leaves_at is not None

    @property
    def may_enter(self) -> bool:
        return self.is_active or self.is_leaving

    @property
    def gets_mail(self) -> bool:
        """Whether letters go to the address that are not about the account itself: it is proved, or quite new."""
        return bool(self.email) and (self.email_verified_at is not None or now() < self.created_at + UNPROVED_FOR)

    # What Django's admin asks. There are two roles and no permissions between them.
    @property
    def is_staff(self) -> bool:
        return self.is_superadmin

    @property
    def is_superuser(self) -> bool:
        return self.is_superadmin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_superadmin

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return self.is_active and self.is_superadmin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superadmin

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to go on: it ends with the password, and with ``access_version``."""
        value = f"{self.password}:{self.access_version}" if self.access_version else self.password
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"  # Django's own, which sessions know
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def home(self) -> str:
        """The path of this person's first page."""
        return "/admin/dashboard" if self.is_superadmin else "/user/dashboard"


class Preferences(TenantOwned):
    """What a tenant says about the business, and how its assistants speak. One row per tenant."""

    class Tone(models.TextChoices):
        WARM = "warm", _("Cercano")
        FORMAL = "formal", _("Formal")
        BRIEF = "brief", _("Breve")

    class Channel(models.TextChoices):
        WEB = "web", _("La campana de esta página")
        EMAIL = "email", _("Correo")
        WHATSAPP = "whatsapp", _("WhatsApp")

    currency = models.CharField(_("moneda"), max_length=3, choices=CURRENCIES, default="COP")
    business_name = models.CharField(_("nombre del negocio"), max_length=120, blank=True)
    business_facts = models.TextField(
        _("datos del negocio"),
        blank=True,
        validators=[MaxLengthValidator(4000)],
        help_text=_("Dirección, horario, envíos, medios de pago: lo que tu asistente puede contar."),
    )
    tone = models.CharField(_("tono"), max_length=10, choices=Tone, default=Tone.WARM)
    country = models.CharField(
        _("país"), max_length=2, blank=True, choices=COUNTRIES, help_text=_("De sus feriados; ninguno si está vacío.")
    )
    working_hours = models.JSONField(
        _("horario de trabajo"), default=default_working_hours, blank=True, validators=[validate_working_hours]
    )
    default_minutes = models.PositiveSmallIntegerField(
        _("duración de una cita"), default=60, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
    )
    reminder_channels = ArrayField(
        models.CharField(max_length=10, choices=Channel),
        verbose_name=_("canales de aviso"),
        default=default_reminder_channels,
        blank=True,
        help_text=_("En el orden en que se prueban; ninguno: sin avisos."),
    )
    quiet_hours = models.JSONField(
        _("horas de silencio"), null=True, blank=True, default=None, validators=[validate_quiet_hours]
    )
    due_hour = models.TimeField(_("hora de vencimiento de las tareas"), default=time(9))
    morning_digest_at = models.TimeField(_("resumen de la mañana"), null=True, blank=True)
    evening_digest_at = models.TimeField(_("vistazo a mañana"), null=True, blank=True)
    burst_seconds = models.PositiveSmallIntegerField(
        _("espera antes de responder"), default=2, validators=[MaxValueValidator(60)]
    )
    customers_may_book = models.BooleanField(
        _("los clientes pueden pedir cita"),
        default=False,
        help_text=_("Tu asistente les ofrece tus horas libres; nunca les cuenta qué ocupa las demás."),
    )
    conversations_months = models.PositiveSmallIntegerField(
        _("meses que se guardan las conversaciones"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("En blanco: hasta que las borres."),
    )
    events_months = models.PositiveSmallIntegerField(
        _("meses que se guarda el historial"),
        default=24,
        validators=[MinValueValidator(2), MaxValueValidator(36)],
        help_text=_("De él salen las analíticas."),
    )
    accent_color = models.CharField(
        _("color"), max_length=7, default="#0f766e", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z")]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="preferences_one_per_tenant")]

    def __str__(self) -> str:
        return self.business_name or f"preferences of tenant {self.user_id}"

    @classmethod
    def current(cls, user: User) -> Self:
        """The tenant's preferences, in its open scope; the defaults, unsaved, when there is no row yet."""
        return cls.objects.first() or cls(user=user)

    def change(self, *, person: dict[str, str] | None = None, **fields: Any) -> None:
        """Save the given fields, and those of the person (language, timezone) that preferences show beside them.

        What hangs on hours and zone is worked out anew by the tasks of ``ON_PREFERENCES_CHANGE``.
        """
        from tenants.jobs import enqueue  # which imports this module

        others: list[tuple[Any, str, Any]] = [
            (self, name, value) for name, value in fields.items() if getattr(self, name) != value
        ]
        own = (person or {}).items()
        others += [(self.user, name, value) for name, value in own if getattr(self.user, name) != value]
        for row, name, value in others:
            setattr(row, name, value)
        with transaction.atomic():
            self.save()
            if others:
                record("preferences_changed", fields=sorted(name for _row, name, _value in others))
            if person:
                self.user.save(update_fields=list(person))
            if DECIDES_HOURS & {*fields, *(person or {})}:
                for task in settings.ON_PREFERENCES_CHANGE:
                    enqueue(task, self.user_id)
