"""How WhatsApp says no, and what is done about it: a table, and the errors that the gateway raises.

The codes are Meta's: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


class Reaction(enum.StrEnum):
    """What the outbox does when a message was refused. Each is carried out in ``messaging.reactions``."""

    SLOW_NUMBER = "slow_number"  # the number sends nothing for a while
    SLOW_APP = "slow_app"  # nor do the tenant's numbers of the same app
    SLOW_ACCOUNT = "slow_account"  # nor those of the same business account
    SLOW_PAIR = "slow_pair"  # only this recipient waits
    USE_TEMPLATE = "use_template"  # the window is closed: a template, never the same text again
    USE_MAIL = "use_mail"  # cannot be delivered: no other try, another channel where there is one
    STOP_PROACTIVE = "stop_proactive"  # Meta calls it spam: replies only, and an alarm
    WAIT_A_DAY = "wait_a_day"  # nothing proactive to this person for 24 hours
    OPT_OUT = "opt_out"  # the person wants no more: recorded, never again
    RECONNECT = "reconnect"  # the token: the number's queue stands still until the owner has connected it again
    HALT = "halt"  # the account is blocked: the same, and an alarm
    BILLING = "billing"  # an alarm
    STOP_TEMPLATE = "stop_template"  # this template is not used any more
    RETRY = "retry"  # it passes
    REJECT = "reject"  # it will never be taken as it is


@dataclass(frozen=True, slots=True)
class Rule:
    """Codes from ``first`` to ``last``, both included, and the reaction to them."""

    first: int
    last: int
    reaction: Reaction

    @property
    def codes(self) -> range:
        return range(self.first, self.last + 1)


def _rules(reaction: Reaction, *codes: int) -> list[Rule]:
    return [Rule(code, code, reaction) for code in codes]


RULES: list[Rule] = [
    *_rules(Reaction.SLOW_NUMBER, 130429),
    *_rules(Reaction.SLOW_APP, 4),
    *_rules(Reaction.SLOW_ACCOUNT, 80007),
    *_rules(Reaction.SLOW_PAIR, 131056),
    *_rules(Reaction.USE_TEMPLATE, 131047),
    *_rules(Reaction.USE_MAIL, 131026, 131021, 131030),
    *_rules(Reaction.STOP_PROACTIVE, 131048),
    *_rules(Reaction.WAIT_A_DAY, 131049, 130472),
    *_rules(Reaction.OPT_OUT, 131050),
    *_rules(Reaction.RECONNECT, 0, 10, 190, 131005, 133010),
    Rule(200, 299, Reaction.RECONNECT),
    *_rules(Reaction.HALT, 368, 131031, 130497),
    *_rules(Reaction.BILLING, 131042),
    *_rules(Reaction.STOP_TEMPLATE, 132000, 132001, 132007, 132012, 132015, 132016),
    *_rules(Reaction.RETRY, 1, 2, 131000, 131016, 131057),
]
_reactions = {code: rule.reaction for rule in RULES for code in rule.codes}

# What is tried again, after a pause. The others end the same however often they are tried.
TRIED_AGAIN = {
    Reaction.SLOW_NUMBER,
    Reaction.SLOW_APP,
    Reaction.SLOW_ACCOUNT,
    Reaction.SLOW_PAIR,
    Reaction.RECONNECT,  # once the number is connected again
    Reaction.HALT,
    Reaction.RETRY,
}


def reaction_to(code: int | None) -> Reaction:
    """What the table says about ``code``; what it does not know is not tried again."""
    return Reaction.REJECT if code is None else _reactions.get(code, Reaction.REJECT)


class GraphError(Exception):
    """A call of the Graph API that did not come to its end. Texts of it name neither recipients nor tokens."""


class NoAnswer(GraphError):
    """Nobody knows what became of it: what was to be sent may have gone out."""


class Unreachable(GraphError):
    """There was no connection, so nothing was asked and nothing sent."""


class TooLarge(GraphError):
    """The file is larger than was allowed."""


class Refused(GraphError):
    """A clear no: it was certainly not sent.

    ``title`` and ``details`` are Meta's words, in English. ``retry_after`` is in seconds, when Meta named it.
    """

    def __init__(
        self,
        code: int | None,
        *,
        title: str = "",
        details: str = "",
        reaction: Reaction | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"WhatsApp refused it: {code}")
        self.code = code
        self.title = title
        self.details = details
        self.reaction = reaction or reaction_to(code)
        self.retry_after = retry_after

    @property
    def is_final(self) -> bool:
        """Whether another try would end the same."""
        return self.reaction not in TRIED_AGAIN


class Throttled(Refused):
    """Too much at once, from this number or to this person."""


class TokenInvalid(Refused):
    """The token is not accepted any more, or may not do this."""


_classes: dict[Reaction, type[Refused]] = {
    Reaction.SLOW_NUMBER: Throttled,
    Reaction.SLOW_APP: Throttled,
    Reaction.SLOW_ACCOUNT: Throttled,
    Reaction.SLOW_PAIR: Throttled,
    Reaction.RECONNECT: TokenInvalid,
}


def refuse(
    code: int | None,
    *,
    title: str = "",
    details: str = "",
    reaction: Reaction | None = None,
    retry_after: float | None = None,
) -> Refused:
    """The error for a refusal with ``code``, or with ``reaction`` where Meta gave no code."""
    reaction = reaction or reaction_to(code)
    make = _classes.get(reaction, Refused)
    return make(code, title=title, details=details, reaction=reaction, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message failed and what to do, for its owner, in the language of whoever asks."""

    text: str
    remedy: str


# By reaction, and by the codes of our own that stand in ``Delivery.detail``: what happened, and what to do.
_explanations: dict[str, tuple[str, str]] = {
    Reaction.SLOW_NUMBER: (gettext_noop("WhatsApp pidió ir más despacio."), gettext_noop("Inténtalo en un rato.")),
    Reaction.SLOW_APP: (gettext_noop("WhatsApp pidió ir más despacio."), gettext_noop("Inténtalo en un rato.")),
    Reaction.SLOW_ACCOUNT: (gettext_noop("WhatsApp pidió ir más despacio."), gettext_noop("Inténtalo en un rato.")),
    Reaction.SLOW_PAIR: (
        gettext_noop("Esta persona recibió demasiados mensajes seguidos."),
        gettext_noop("Espera unos minutos antes de escribirle otra vez."),
    ),
    Reaction.USE_TEMPLATE: (
        gettext_noop("Pasaron más de 24 horas desde su último mensaje."),
        gettext_noop("Escríbele con una plantilla aprobada, o espera a que te escriba."),
    ),
    Reaction.USE_MAIL: (
        gettext_noop("WhatsApp no puede entregar mensajes a este número."),
        gettext_noop("Comprueba que el número use WhatsApp, o escríbele por otro medio."),
    ),
    Reaction.STOP_PROACTIVE: (
        gettext_noop("WhatsApp limitó los mensajes de tu número porque varias personas los marcaron como spam."),
        gettext_noop("Hasta mañana solo respondemos a quien te escriba. Envía menos mensajes que no te pidieron."),
    ),
    Reaction.WAIT_A_DAY: (
        gettext_noop("WhatsApp no lo entregó para no cansar a esta persona."),
        gettext_noop("No le enviaremos plantillas durante 24 horas; si te escribe, sí puedes responderle."),
    ),
    Reaction.OPT_OUT: (
        gettext_noop("Esta persona no quiere recibir mensajes."),
        gettext_noop("No le escribas más por WhatsApp, salvo que vuelva a escribirte y lo pida."),
    ),
    Reaction.RECONNECT: (
        gettext_noop("WhatsApp no acepta la clave de acceso de tu número."),
        gettext_noop("Conecta tu número otra vez en los ajustes de WhatsApp."),
    ),
    Reaction.HALT: (
        gettext_noop("WhatsApp bloqueó la cuenta."),
        gettext_noop("Revisa el estado de la cuenta en el administrador de WhatsApp de Meta."),
    ),
    Reaction.BILLING: (
        gettext_noop("Hay un problema con el pago de tu cuenta de WhatsApp."),
        gettext_noop("Revisa el medio de pago en el administrador comercial de Meta."),
    ),
    Reaction.STOP_TEMPLATE: (
        gettext_noop("WhatsApp no acepta esta plantilla."),
        gettext_noop("Revísala en el administrador de WhatsApp de Meta y actualiza las plantillas."),
    ),
    Reaction.RETRY: (
        gettext_noop("WhatsApp tuvo un problema y no lo tomó."),
        gettext_noop("Envíalo otra vez."),
    ),
    Reaction.REJECT: (
        gettext_noop("WhatsApp no aceptó el mensaje como está."),
        gettext_noop("Cambia el texto y envíalo otra vez."),
    ),
    "too_late": (
        gettext_noop("No salió a tiempo, y ya no servía."),
        gettext_noop("Envíalo otra vez si todavía hace falta."),
    ),
    "suspended": (gettext_noop("Tu cuenta está suspendida."), gettext_noop("Escribe a quien administra el sistema.")),
    "budget_messages": (
        gettext_noop("Se acabaron los mensajes de WhatsApp que incluye tu plan este mes."),
        gettext_noop("Mira en los ajustes cuándo empieza otra vez; a quien te escribe se le sigue respondiendo."),
    ),
    "stranger": (
        gettext_noop("Esta persona no le escribió a tu tienda por el número compartido."),
        gettext_noop("Pásale tu enlace de WhatsApp para que te escriba."),
    ),
    "no_number": (
        gettext_noop("El número desde el que iba a salir ya no está conectado."),
        gettext_noop("Conecta tu número en los ajustes de WhatsApp."),
    ),
    "no_template": (
        gettext_noop("Pasaron más de 24 horas desde su último mensaje, y no hay una plantilla aprobada para esto."),
        gettext_noop("Crea la plantilla en el administrador de WhatsApp de Meta, o espera a que te escriba."),
    ),
    "unreachable": (
        gettext_noop("No pudimos conectarnos con WhatsApp."),
        gettext_noop("Envíalo otra vez en un rato."),
    ),
    "taken_over": (
        gettext_noop("Tomaste la conversación antes de que saliera la respuesta del asistente."),
        gettext_noop("Responde tú, o devuélvele la conversación al asistente."),
    ),
    "fault": (gettext_noop("Algo falló de nuestro lado."), gettext_noop("Envíalo otra vez.")),
    "unknown": (
        gettext_noop("Se interrumpió el envío y no sabemos si llegó."),
        gettext_noop("No lo enviamos otra vez para no repetirlo. Pregúntale si lo recibió."),
    ),
}
_explanations |= {
    "window_closed": _explanations[Reaction.USE_TEMPLATE],
    "opted_out": _explanations[Reaction.OPT_OUT],
    "spam_limit": _explanations[Reaction.STOP_PROACTIVE],
    "tired": _explanations[Reaction.WAIT_A_DAY],
}


def explain(*, code: int | None, detail: str) -> Explanation:
    """What a refusal with WhatsApp's ``code``, else our own code in ``detail``, means for people."""
    name = detail if detail in _explanations else reaction_to(code)
    text, remedy = _explanations[name]
    return Explanation(_(text), _(remedy))
