"""What is wrong with a number, in the words of whoever asks, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_skeleton
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from messaging.models import Channel
from messaging.whatsapp import templates
from messaging.whatsapp.channels import NumberState, is_simulated
from messaging.whatsapp.templates import Template

SIGNATURES_MATTER_FOR = timedelta(days=3)
SILENT_FOR = timedelta(days=7)  # Meta sends something about every message, and would have repeated itself

Pause = NumberState.Pause
_stopping = {"no_token", "token", "blocked", "paused"}


@dataclass(frozen=True, slots=True)
class Problem:
    """``code`` for programs, ``text`` says what happened and ``remedy`` what to do."""

    code: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health:
    """``state``: ok; attention, it works and something wants to be seen to; stopped, nothing goes out."""

    state: str
    problems: list[Problem]


def diagnose(state: NumberState, *, now: datetime) -> Health:
    """How a number is at ``now``, what stops it first."""
    problems = [*_about_token(state), *_about_sending(state, now=now), *_about_webhook(state, now=now)]
    problems += _about_templates(templates.read_templates(state))
    is_stopped = any(problem.code in _stopping for problem in problems)
    return Health("stopped" if is_stopped else "attention" if problems else "ok", problems)


def _about_token(state: NumberState) -> list[Problem]:
    if isinstance(state, Channel) and not state.token:
        return [
            Problem(
                "no_token",
                _("Falta la clave de acceso: recibimos mensajes, pero no podemos responder."),
                _("Créala en la consola de Meta, en Usuarios del sistema, y pégala aquí."),
            )
        ]
    if state.paused_for == Pause.TOKEN or state.token_is_valid is False:
        return [
            Problem(
                "token",
                _("WhatsApp ya no acepta la clave de acceso. No sale ningún mensaje; los tuyos esperan en la cola."),
                _("Crea otra clave en la consola de Meta, sin fecha de vencimiento, y pégala aquí."),
            )
        ]
    if state.token_checked_at is None:
        return [
            Problem(
                "checking",
                _("Todavía no pudimos comprobar la clave de acceso."),
                _("Suele tardar un minuto. Si sigue así, pulsa «Comprobar ahora»."),
            )
        ]
    return []


def _about_sending(state: NumberState, *, now: datetime) -> list[Problem]:
    found = []
    if state.paused_for == Pause.BLOCKED:
        found.append(
            Problem(
                "blocked",
                _("WhatsApp bloqueó la cuenta. No sale ningún mensaje."),
                _("Mira el motivo y apela en el administrador de WhatsApp de Meta. Después pulsa «Reanudar»."),
            )
        )
    if state.paused_for == Pause.OWNER:
        found.append(Problem("paused", _("Lo pausaste: no sale ningún mensaje."), _("Pulsa «Reanudar» para seguir.")))
    if state.payment_problem_at is not None:
        found.append(
            Problem(
                "payment",
                _("Hay un problema con el pago: WhatsApp no entrega lo que se cobra."),
                _("Revisa el medio de pago en el administrador comercial de Meta. Después pulsa «Reanudar»."),
            )
        )
    if state.no_proactive_before is not None and state.no_proactive_before > now:
        found.append(
            Problem(
                "spam",
                _("Varias personas marcaron tus mensajes como spam. Hasta el %(when)s solo salen respuestas.")
                % {"when": _say(state.no_proactive_before)},
                _("Escribe solo a quien te lo pidió."),
            )
        )
    if state.not_before is not None and state.not_before > now:
        found.append(
            Problem("slow", _("WhatsApp pidió ir más despacio."), _("Nada: los mensajes salen en cuanto se pueda."))
        )
    if state.quality.upper() in {"RED", "YELLOW"}:
        is_red = state.quality.upper() == "RED"
        found.append(
            Problem(
                "quality",
                _("La calidad de tu número es baja.") if is_red else _("La calidad de tu número bajó a media."),
                _("Pasa cuando la gente te bloquea o te denuncia. Escribe menos mensajes que no te pidieron."),
            )
        )
    return found


def _about_webhook(state: NumberState, *, now: datetime) -> list[Problem]:
    failed, seen = state.signature_failed_at, state.webhook_seen_at
    if failed is not None and failed > now - SIGNATURES_MATTER_FOR and (seen is None or failed > seen):
        return [
            Problem(
                "signature",
                ngettext(
                    "Llegó %(n)d aviso con una firma que no es la tuya, y lo rechazamos.",
                    "Llegaron %(n)d avisos con una firma que no es la tuya, y los rechazamos.",
                    state.signature_failures,
                )
                % {"n": state.signature_failures},
                _("Copia otra vez la clave secreta de la app desde la consola de Meta, en Configuración › Básica."),
            )
        ]
    if is_simulated(state.phone_number_id):  # it is silent until somebody plays a customer
        return []
    if seen is None:
        return [
            Problem(
                "webhook",
                _("WhatsApp todavía no nos ha avisado de nada: los mensajes de tus clientes no llegan aquí."),
                _("Pega en la consola de Meta la dirección y la clave de verificación, y suscribe «messages»."),
            )
        ]
    if seen < now - SILENT_FOR:
        return [
            Problem(
                "silent",
                _("WhatsApp no nos avisa de nada desde el %(when)s.") % {"when": _say(seen)},
                _("Escríbele a tu número desde otro teléfono. Si no llega, revisa la dirección en la consola de Meta."),
            )
        ]
    return []


def _about_templates(known: list[Template]) -> list[Problem]:
    bad = [one for one in known if one.stopped is not None or one.status in {"PAUSED", "DISABLED", "REJECTED"}]
    if not bad:
        return []
    names = ", ".join(sorted({one.name for one in bad})[:5])
    return [
        Problem(
            "templates",
            ngettext(
                "Una plantilla no se puede usar: %(names)s.",
                "Hay plantillas que no se pueden usar: %(names)s.",
                len(bad),
            )
            % {"names": names},
            _("Corrígela en el administrador de WhatsApp de Meta y pulsa «Comprobar ahora»."),
        )
    ]


def _say(moment: datetime) -> str:
    """«24 de noviembre, 14:05», on the reader's clock; 11/12 would be two days to two readers."""
    local = timezone.localtime(moment)
    return f"{format_skeleton('MMMMd', local, locale=get_language() or 'es')}, {local:%H:%M}"
