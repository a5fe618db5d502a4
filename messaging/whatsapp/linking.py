"""Becoming an owner: a code that the phone itself has to send.

Whoever logs in asks for a code for a phone, and the phone sends «VINCULAR <code>» to a number of ours. The code is
kept as a hash, bound to the phone, good once and for ten minutes. After five wrong tries in an hour neither that phone
nor that account may try on.

On the platform's number this proves the phone to everybody: it takes the phone from the tenant that had it, who is
told. On a tenant's own number it counts for that tenant alone, for whoever holds the app secret could sign whatever
they like.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from messaging import bell
from messaging.models import Channel, Conversation, LinkCode, PhoneLink, SharedNumber
from messaging.whatsapp import shops
from messaging.whatsapp.visitors import Sender, Unplaced, Visitor
from tenants import accounts, limits
from tenants.events import Event, acting, record
from tenants.models import User
from tenants.phones import match_key, wa_me_link
from tenants.scope import all_tenants

PAGE = "/user/whatsapp"
ALPHABET = "ACDEFGHJKMNPQRTUVWXYZ234679"  # nothing that looks or sounds like something else in it
LENGTH = 8
GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
LOCKED_FOR = timedelta(hours=1)
MOST_PHONES = 5  # of one owner
KEPT = timedelta(days=1)
TRIES_BY_ACCOUNT = limits.Limit("link-phone-tries", MOST_TRIES, LOCKED_FOR)  # counted in the codes' rows
CODES_BY_ACCOUNT = limits.Limit("link-phone-account", 20, timedelta(hours=1))

_order = re.compile(r"[\W_]*(?:vincular|vincula|link)\b[\s:.,-]*(?P<code>.{4,60})\Z", re.IGNORECASE | re.DOTALL)
_quotes = re.compile(r"[\s\"'`´«»“”‘’<>*_~.,:;()\[\]-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A code, for once in clear. ``wa_me`` opens WhatsApp with the whole message; empty when no number is known."""

    code: str
    message: str
    wa_me: str
    expires_at: datetime


def ask(*, user: User, phone: str, password: str | None = None, now: datetime) -> Asked:
    """Make a code with which ``phone`` becomes the owner's. In the tenant's scope.

    Another phone than the first wants the password; so does, without anybody being told beforehand, one that is the
    owner's of another tenant. Raises ValidationError by field, and limits.TooMany.
    """
    key = match_key(phone) if phone.strip().startswith(("+", "00")) else ""
    if not key:
        raise ValidationError({"phone": _("Escríbelo con el código del país: +573001234567.")})
    if password is not None:
        _check_password(user, password)
    owned = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER)
    if password is None and owned.exists():
        raise ValidationError({"password": _("Ya tienes un teléfono vinculado: confirma con tu contraseña.")})
    if not owned.filter(phone_key=key).exists() and owned.count() >= MOST_PHONES:
        raise ValidationError({"phone": _("Puedes vincular hasta %(n)d teléfonos.") % {"n": MOST_PHONES}})
    limits.hit(limit=CODES_BY_ACCOUNT, who=str(user.pk), now=now)
    code = "".join(secrets.choice(ALPHABET) for _n in range(LENGTH))
    with transaction.atomic():
        mine = LinkCode.objects.filter(user=user)
        if _tries(mine, now=now) >= MOST_TRIES:
            raise limits.TooMany(TRIES_BY_ACCOUNT, retry_after=int(LOCKED_FOR.total_seconds()))
        mine.filter(phone_key=key, used_at=None, expires_at__gt=now).update(expires_at=now)
        expires_at = now + GOOD_FOR
        LinkCode.objects.create(
            user=user,
            phone_key=key,
            code_hash=_hash(code, phone_key=key),
            is_confirmed=password is not None,
            created_at=now,
            expires_at=expires_at,
        )
    message = f"VINCULAR {code}"
    return Asked(code, message, wa_me_link(number_of(user), message), expires_at)


def number_of(user: User) -> str:
    """The number to write to: the shared one, where the phone is proved to everybody, else the tenant's own."""
    shared = SharedNumber.current()
    if shared is not None and shared.display_phone_number:
        return shared.display_phone_number
    own = Channel.objects.filter(user=user).exclude(display_phone_number="").order_by("pk").first()
    return own.display_phone_number if own is not None else ""


def redeem(visitor: Visitor) -> Sender | Unplaced | None:
    """Link the phone that sends a code, or say why not; None when the message is something else.

    With the scope of all tenants open, in the transaction of the update.
    """
    code = read_code(visitor.incoming.text)
    if not code or not visitor.key:
        return None
    codes = LinkCode.objects.filter(phone_key=visitor.key, user__is_active=True)
    if visitor.channel is not None:
        codes = codes.filter(user=visitor.channel.user)
    live = list(
        codes.filter(used_at=None, expires_at__gt=visitor.now)
        .select_related("user")
        .select_for_update(of=("self",))
        .order_by("-pk")
    )
    if not live and visitor.channel is not None:
        return None  # a customer's own words
    found = next(
        (one for one in live if constant_time_compare(one.code_hash, _hash(code, phone_key=visitor.key))), None
    )
    if _is_locked(visitor, found or next(iter(live), None)):
        return _refuse(visitor, live, "locked")
    if found is None:
        for one in live[:1]:
            column = "tries" if visitor.channel is None else "tries_apart"
            LinkCode.objects.filter(pk=one.pk).update(**{column: F(column) + 1})
        return _refuse(visitor, live, "wrong code")
    other = visitor.owner_link(is_proved=True) if visitor.channel is None else None
    if other is not None and other.user_id != found.user_id and not found.is_confirmed:
        return _refuse(visitor, live, "unconfirmed")
    LinkCode.objects.filter(pk=found.pk).update(used_at=visitor.now)
    link = _link(visitor, found.user, other)
    _welcome(visitor, link)
    return Sender(found.user, PhoneLink.Role.OWNER, None, link, "", is_answered=True)


def unlink(*, link: PhoneLink) -> None:
    """The phone is the owner's no more; what was said from it stays. In the tenant's scope, in a transaction."""
    Conversation.objects.filter(user=link.user_id, link=link).update(link=None)
    record("phone_unlinked", user=link.user, phone_link=link.pk, role=str(link.role))
    link.delete()


def read_code(text: str) -> str:
    """The code in «vincular K7QM 4TXA», however it is written; empty when the text says something else."""
    found = _order.match(text[:100])
    code = _quotes.sub("", found["code"]).upper() if found else ""
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def forget(*, now: datetime) -> int:
    """Delete codes that are long over. Returns how many there were."""
    with all_tenants():
        return LinkCode.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _check_password(user: User, password: str) -> None:
    account = accounts.counted_as(username=user.username, user=user)
    limits.check(limit=accounts.FAILED_LOGINS_BY_ACCOUNT, who=account)
    if not user.check_password(password):
        limits.hit(limit=accounts.FAILED_LOGINS_BY_ACCOUNT, who=account)
        raise ValidationError({"password": _("No es tu contraseña.")})


def _is_locked(visitor: Visitor, code: LinkCode | None) -> bool:
    """Whether too many wrong codes came from this phone, or for this account."""
    if code is None:
        return False
    of_phone = LinkCode.objects.filter(phone_key=visitor.key)
    if visitor.channel is not None:
        return _tries(of_phone.filter(user=code.user_id), now=visitor.now) >= MOST_TRIES
    # What came for a tenant's own number locks nobody else: it may be the tenant's invention.
    by_phone = _lately(of_phone, visitor.now).aggregate(n=Sum("tries"))["n"] or 0
    return by_phone >= MOST_TRIES or _tries(LinkCode.objects.filter(user=code.user_id), now=visitor.now) >= MOST_TRIES


def _tries(codes: QuerySet[LinkCode], *, now: datetime) -> int:
    return _lately(codes, now).aggregate(n=Sum(F("tries") + F("tries_apart")))["n"] or 0


def _lately(codes: QuerySet[LinkCode], now: datetime) -> QuerySet[LinkCode]:
    return codes.filter(created_at__gt=now - LOCKED_FOR)


def _hash(code: str, *, phone_key: str) -> str:
    return salted_hmac("messaging.whatsapp.linking", f"{phone_key}:{code}", algorithm="sha256").hexdigest()


def _link(visitor: Visitor, user: User, other: PhoneLink | None) -> PhoneLink:
    """Make the phone the owner's of ``user``; whoever had it loses it and is told."""
    is_proved = visitor.channel is None
    if other is not None and other.user_id != user.pk:
        _tell_loss(other, now=visitor.now)
        unlink(link=other)
    link = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER, phone_key=visitor.key).first()
    is_new = link is None
    link = link or PhoneLink(user=user, role=PhoneLink.Role.OWNER, phone_key=visitor.key, created_at=visitor.now)
    link.is_proved = is_proved or (link.pk is not None and link.is_proved)
    link.wa_id = visitor.wa_id
    link.used_at = link.last_seen_at = visitor.now
    if visitor.bsuid and is_proved == link.is_proved:
        of_others = PhoneLink.objects.filter(role=PhoneLink.Role.OWNER, bsuid=visitor.bsuid).exclude(pk=link.pk)
        if is_proved:
            of_others.filter(Q(is_proved=True) | Q(user=user)).update(bsuid="")
        else:
            of_others.filter(user=user).update(bsuid="")
        link.bsuid = visitor.bsuid
    link.save()
    if is_new:
        with acting(Event.Actor.PERSON, user.pk):
            record("phone_linked", at=visitor.now, user=user, phone_link=link.pk, role=str(link.role))
    return link


def _tell_loss(link: PhoneLink, *, now: datetime) -> None:
    user = link.user
    with translation.override(user.language):
        bell.alert(
            user=user,
            title=_("Tu teléfono +%(phone)s ya no está vinculado") % {"phone": link.wa_id or link.phone_key},
            body=_(
                "Alguien lo vinculó a otra cuenta desde ese mismo teléfono y con su contraseña. Si no fuiste tú, revisa"
                " quién tiene el teléfono y vincúlalo otra vez."
            ),
            url=PAGE,
            now=now,
        )


def _welcome(visitor: Visitor, link: PhoneLink) -> None:
    with translation.override(link.user.language):
        text = _(
            "Listo: este teléfono quedó vinculado a %(shop)s. Pregúntame «¿qué tengo mañana?» o escribe «sube a 25"
            " el precio de…»."
        ) % {"shop": shops.name_of(link.user)}
    visitor.answer(user=link.user, text=text)


def _refuse(visitor: Visitor, live: list[LinkCode], why: str) -> Unplaced:
    user = live[0].user if live else None
    with translation.override(visitor.language(user=user)):
        text = {
            "wrong code": _("Ese código no sirve o ya venció. Pide otro en Ajustes › WhatsApp y envíalo desde aquí."),
            "locked": _("Hubo demasiados intentos. Espera una hora y pide otro código en Ajustes › WhatsApp."),
            "unconfirmed": _(
                "Este teléfono ya está vinculado a otra cuenta. Para pasarlo a la tuya, pide otro código en Ajustes ›"
                " WhatsApp y confírmalo con tu contraseña."
            ),
        }[why]
    if visitor.channel is None:
        visitor.answer_as_platform(text=text)
    else:
        visitor.answer(user=visitor.channel.user, text=text)
    return Unplaced(why)
