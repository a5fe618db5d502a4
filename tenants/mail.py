"""Letters to people: composed from two templates in the person's language, and handed to Django's mail.

``EMAIL_BACKEND`` is an outbox: a letter is a row in the caller's transaction, and goes out once that is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.template import Context, Template, TemplateDoesNotExist, engines
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from tenants.models import User

LONGEST_SUBJECT = 200
LONGEST_LINE = 990  # of RFC 5322's 998
# What our outbox reads and takes off again.
KIND_HEADER, USER_HEADER, KEY_HEADER, UNTIL_HEADER = (
    f"X-Recado-{name}" for name in ("Kind", "User", "Key", "Useful-Until")
)
OUR_HEADERS = (KIND_HEADER, USER_HEADER, KEY_HEADER, UNTIL_HEADER)
_SALT = "recado.mail.unsubscribe"


class Kind(models.TextChoices):
    """What a letter is about."""

    PASSWORD_RESET = "password_reset", _("contraseña nueva")
    VERIFICATION = "verification", _("confirmación del correo")
    EMAIL_CHANGED = "email_changed", _("cambio de correo")
    SECURITY = "security", _("seguridad de la cuenta")
    DELETION = "deletion", _("eliminación de la cuenta")
    EXPORT_READY = "export_ready", _("archivo listo")
    TEST = "test", _("correo de prueba")
    REMINDER = "reminder", _("recordatorios")
    DIGEST = "digest", _("resúmenes")
    ALERT = "alert", _("alertas")
    WEBHOOK_DISABLED = "webhook_disabled", _("webhook detenido")
    NEWS = "news", _("novedades")
    OTHER = "other", _("otros")


# What a person may do without, in the order in which the settings show it.
CHOICES = (Kind.REMINDER, Kind.DIGEST, Kind.ALERT, Kind.NEWS)
_CHOICE_OF = {kind: kind for kind in CHOICES} | {Kind.WEBHOOK_DISABLED: Kind.ALERT}
# What somebody sits and waits for: it goes first, and also to an address that failed before.
ASKED_FOR = (Kind.PASSWORD_RESET, Kind.VERIFICATION, Kind.TEST, Kind.DELETION)
# A link in it opens something: its text is kept no longer than it takes to send it.
SECRET = (Kind.PASSWORD_RESET, Kind.VERIFICATION, Kind.EMAIL_CHANGED, Kind.DELETION, Kind.EXPORT_READY)


class WrongToken(ValueError):
    """It is no token of ours for ending letters of a kind."""


class Written(EmailMultiAlternatives):
    """A letter whose headers stand on one line each: not every program reads a link that begins on the next one."""

    def message(self, **options: Any) -> Any:
        made: Any = super().message(**options)
        made.policy = made.policy.clone(max_line_length=LONGEST_LINE)
        return made


def compose(
    *,
    user: User,
    kind: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    to: str = "",
    key: str = "",
    useful_until: datetime | None = None,
) -> EmailMultiAlternatives:
    """A letter to ``user`` (at ``to``, else at their own address) from ``templates/mail/<template>.txt`` and ``.html``.

    The first line of the text's template is the subject; each part loads its own tags. Both know ``user``, ``site``,
    ``settings_link`` and ``unsubscribe_link`` (empty for what cannot be done without). Values are shown in the person's
    language and zone. Two letters with the same ``key`` are one; past ``useful_until`` it is not sent any more.
    Raises ValueError for an unknown ``kind``.
    """
    kind = Kind(kind)
    headers = {"Auto-Submitted": "auto-generated", **own_headers(user=user, kind=kind)}
    headers |= {KIND_HEADER: str(kind), USER_HEADER: str(user.pk)}
    if key:
        headers[KEY_HEADER] = key
    if useful_until is not None:
        headers[UNTIL_HEADER] = useful_until.isoformat()
    subject, text, html = render(user=user, kind=kind, template=template, context=context or {})
    letter = Written(subject, text, settings.DEFAULT_FROM_EMAIL, [to or user.email], headers=headers)
    letter.attach_alternative(html, "text/html")
    return letter


def post(
    *,
    user: User,
    kind: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    to: str = "",
    key: str = "",
    useful_until: datetime | None = None,
) -> bool:
    """Compose a letter and put it into the outbox, in the caller's transaction. Returns whether it is on its way.

    It is not for whoever has no address, or does not want letters of that kind.
    """
    if not (to or user.email):
        return False
    letter = compose(
        user=user, kind=kind, template=template, context=context, to=to, key=key, useful_until=useful_until
    )
    return bool(letter.send())


def render(*, user: User, kind: Kind, template: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML of a letter in the person's language."""
    values = {
        "user": user,
        "site": settings.SITE_URL,
        "settings_link": f"{settings.SITE_URL}/user/settings#mail" if user.is_tenant else "",
        "unsubscribe_link": unsubscribe_link(user=user, kind=kind),
        "kind_label": kind.label,
        **context,
    }
    with translation.override(user.language), timezone.override(ZoneInfo(user.timezone)):
        head, body = _parts(f"mail/{template}.txt")
        # A plain text is no HTML: nothing in it is escaped.
        subject = one_line(head.render(Context(values, autoescape=False)))
        text = body.render(Context(values, autoescape=False)).strip()
        footer = _parts("mail/footer.txt")[1].render(Context(values, autoescape=False)).strip()
        html = render_to_string(f"mail/{template}.html", {"subject": subject, "language": user.language, **values})
    return subject, f"{text}\n\n-- \n{footer}\n", html


def one_line(text: str, *, longest: int = LONGEST_SUBJECT) -> str:
    """``text`` as a header may hold it: whatever somebody wrote into it begins no second one."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def choice_of(kind: str) -> Kind | None:
    """By which choice of the person letters of this kind come or stay away; None for what always comes."""
    return _CHOICE_OF.get(Kind(kind)) if kind in Kind.values else None


def own_headers(*, user: User, kind: Kind) -> dict[str, str]:
    """What lets a mail program end letters of this kind by one click (RFC 8058); nothing for what always comes."""
    link = unsubscribe_link(user=user, kind=kind)
    if not link:
        return {}
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def unsubscribe_link(*, user: User, kind: Kind) -> str:
    """Where the letters of this kind to this person can be ended, without signing in; empty where they cannot."""
    choice = choice_of(kind)
    if choice is None or not user.is_tenant:
        return ""
    token = signing.dumps([user.pk, str(choice)], salt=_SALT)
    return settings.SITE_URL + reverse("unsubscribe", args=[token])


def read_unsubscribe(token: str) -> tuple[int, Kind]:
    """Whose letters, and of which kind, a link of ours is about. It works as long as the letter is kept.

    Raises WrongToken.
    """
    try:
        user_id, kind = signing.loads(token, salt=_SALT)
        choice = Kind(kind)
    except (signing.BadSignature, ValueError, TypeError) as fault:
        raise WrongToken from fault
    return int(user_id), choice


def _source(name: str) -> str:
    """What stands in the file of a template."""
    for loader in engines["django"].engine.template_loaders:  # type: ignore[attr-defined]
        for origin in loader.get_template_sources(name):
            with suppress(TemplateDoesNotExist):
                return str(loader.get_contents(origin))
    raise TemplateDoesNotExist(name)


@cache
def _parts(name: str) -> tuple[Template, Template]:
    """A text's first line and the rest, each a template: what is said in the subject cannot move into the text."""
    head, _newline, body = _source(name).partition("\n")
    loads = "{% load i18n %}"
    return Template(loads + head), Template(loads + body)
