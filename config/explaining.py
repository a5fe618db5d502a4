"""What lies in an export, in the person's own words: a text that is the first thing they open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenants.models import User

NAMES = {"es": "LEEME.txt", "en": "README.txt", "pt": "LEIA-ME.txt"}
# What the rows of a table are to whom they belong; the others are only named.
WORDS: dict[str, str | Promise] = {
    "catalog.Product": gettext_lazy("Lo que vendes, también lo que quitaste."),
    "catalog.StockMovement": gettext_lazy("Cada vez que cambió la cantidad de un producto, y por qué."),
    "catalog.Order": gettext_lazy("Lo que te pidieron por WhatsApp."),
    "catalog.OrderLine": gettext_lazy("Los productos de cada pedido."),
    "agenda.Appointment": gettext_lazy("Tus citas, con hora de inicio y de fin."),
    "agenda.Attendee": gettext_lazy("Quién viene a cada cita."),
    "agenda.Task": gettext_lazy("Tus tareas."),
    "agenda.Series": gettext_lazy("Las reglas de lo que se repite."),
    "agenda.Reminder": gettext_lazy("Qué se te avisó, cuándo y por dónde."),
    "agenda.Change": gettext_lazy("Lo que se puede deshacer."),
    "tenants.Contact": gettext_lazy("Tus clientes y otras personas: nombre, teléfono, correo, notas."),
    "tenants.Preferences": gettext_lazy("Tus ajustes."),
    "tenants.Event": gettext_lazy("Todo lo que pasó en tu negocio y en tu cuenta, con su fecha."),
    "tenants.Allowance": gettext_lazy("Lo que acordaste con nosotros."),
    "tenants.ApiKey": gettext_lazy("Las claves de API que hiciste, sin su secreto."),
    "messaging.Conversation": gettext_lazy("Las conversaciones, en la página y por WhatsApp."),
    "messaging.Message": gettext_lazy("Todo lo que se escribió en ellas."),
    "messaging.Attachment": gettext_lazy("Fotos, audios y archivos; lo que se envió está en la carpeta attachments."),
    "messaging.Delivery": gettext_lazy("Lo que salió por WhatsApp y qué fue de ello."),
    "messaging.Letter": gettext_lazy("Los correos que te mandamos."),
    "messaging.Notification": gettext_lazy("Lo que dijo la campana."),
    "messaging.PhoneLink": gettext_lazy("Los teléfonos vinculados."),
    "messaging.Channel": gettext_lazy("Tus números de WhatsApp, sin sus secretos."),
    "messaging.QuickReply": gettext_lazy("Tus respuestas rápidas."),
    "messaging.UnansweredQuestion": gettext_lazy("Lo que te preguntaron y tu asistente no sabía."),
    "messaging.WebhookEndpoint": gettext_lazy("Los sistemas a los que avisas, sin su secreto."),
    "assistants.TurnUsage": gettext_lazy("Lo que costó cada respuesta de tus asistentes."),
    "assistants.MonthUsage": gettext_lazy("Lo mismo, por meses."),
    "analytics.RolledDay": gettext_lazy("Las cifras de cada día."),
}


def name_of(user: User) -> str:
    """What the text is called in the language of ``user``."""
    return NAMES.get(user.language, NAMES["es"])


def explain(*, user: User, index: dict[str, Any]) -> str:
    """The text for the export that ``index`` describes, with the line ends that every system shows."""
    with translation.override(user.language):
        return "\r\n".join(_lines(user, index)) + "\r\n"


def _lines(user: User, index: dict[str, Any]) -> Iterator[str]:
    yield _("Los datos de tu cuenta «%(name)s» en Recado") % {"name": user.username}
    yield f"{index['made_at']:%Y-%m-%d %H:%M} UTC"
    yield ""
    yield _("Es todo lo que guardamos de ti y de tu negocio. Está en texto, en un formato que cualquier programa lee:")
    yield _("cada archivo .jsonl tiene un renglón por fila, y cada renglón es un objeto JSON (UTF-8, fechas ISO 8601).")
    yield _(
        "Los números como «product_id» dicen a qué fila de otro archivo se refiere una fila: la que tiene ese «id»."
    )
    yield ""
    yield "index.json: " + _("cuántas filas tiene cada archivo, y qué no va en ellos y por qué.")
    yield "account.jsonl: " + _("tu usuario, tu correo, dónde entraste y qué correos tuvo la cuenta.")
    for label, table in sorted(index["tables"].items(), key=lambda pair: str(pair[1]["file"])):
        rows = ngettext("%(n)d fila", "%(n)d filas", table["rows"]) % {"n": table["rows"]}
        words = WORDS.get(label) or apps.get_model(label)._meta.verbose_name_plural or label
        yield f"{table['file']} ({rows}): {words}"
    yield ""
    yield _("Falta a propósito lo que le serviría a un extraño para hacerse pasar por ti: contraseñas y secretos.")
    yield _("Guarda este archivo donde solo tú lo veas: en él están también los datos de tus clientes.")
