"""Why a row, a cell or a file is not taken: a code with its parameters, and its words in the language of who reads.

What is kept is the code, so that whoever reads it later, or in another language, is told in their own. A kind adds its
own words, or says some of these otherwise (``Kind.reasons``). The rules of an app speak for themselves: of such a
fault the words are kept as the catalogues know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]  # by code
Kept = dict[str, Any]  # a reason as it is kept: {code, params}, or with the text of a rule; of old {message}

_INSTEAD = _("Sube una hoja de cálculo: CSV, Excel (.xlsx) u OpenDocument (.ods).")


def _and_what(text: Promise) -> Promise:
    """The text, and what one may send instead."""
    return format_lazy("{} {}", text, _INSTEAD)


WORDS: Words = {
    "wrong": _("Este valor no se puede usar."),
    # a cell
    "not_a_number": _("No es un número."),
    "number_too_long": _("Es demasiado largo para un número."),
    "too_many_digits": _("Tiene demasiadas cifras."),
    "not_a_price": _("No es un precio."),
    "negative_price": _("Un precio no puede ser negativo."),
    "too_many_decimals": _("Tiene más de dos decimales: revisa si los decimales van con punto o con coma."),
    "not_whole": _("Tiene que ser un número entero."),
    "at_most": _("No puede pasar de %(n)s."),
    "at_least": _("No puede ser menor que %(n)s."),
    "not_a_date": _("No es una fecha."),
    "not_a_moment": _("No es una fecha con su hora."),
    "not_an_hour": _("No es una hora."),
    "no_such_day": _("Ese día no existe."),
    "no_such_hour": _("Esa hora no existe."),
    "too_many_parts": _("Son demasiadas: caben %(n)d."),
    "not_yes_or_no": _("Escribe «sí» o «no»."),
    "not_a_choice": _("Tiene que ser una de estas palabras: %(words)s."),
    "not_an_email": _("No es un correo."),
    "not_a_phone": _("No es un teléfono."),
    "lost_digits": _("El programa lo guardó como número y perdió cifras. Dale formato de texto a la columna."),
    "too_long": _("Pasa de %(n)d letras."),
    # a row
    "too_wide": _("La fila tiene %(n)d columnas; se leen %(most)d como máximo. Quita las que sobran."),
    "cell_too_long": _("Una celda pasa de %(n)d letras."),
    "null_signs": _("Una celda lleva caracteres nulos, que no se pueden guardar."),
    "unreadable_signs": _("Una celda lleva letras que no se pueden leer: prueba con otra codificación."),
    "needed": _("Falta este dato, y lo nuevo no se crea sin él."),
    "twice_in_file": _("Es el mismo que el de la fila %(row)d de este archivo."),
    "gone_meanwhile": _("Se borró mientras tanto."),
    "not_kept": _("Esta fila no se pudo guardar."),
    # an import
    "some_refused": ngettext_lazy(
        "No importamos nada: %(n)d fila tiene errores.", "No importamos nada: %(n)d filas tienen errores.", "n"
    ),
    "our_fault": _("Algo falló de nuestro lado. Lo que ya se importó se puede deshacer."),
    # a file
    "empty": _("El archivo está vacío."),
    "file_gone": _("El archivo ya no está guardado. Súbelo otra vez."),
    "too_many_rows": _("El archivo pasa de %(n)d filas, que es lo más que leemos. Divídelo en varios."),
    "blank_rows": _("El archivo son casi solo filas vacías."),
    "unclosed_quotes": _("La fila %(n)d no se puede leer: una celda no termina. ¿Falta cerrar unas comillas?"),
    "line_too_long": _("Una fila del archivo es demasiado larga."),
    "unknown_encoding": _("No conocemos esa codificación."),
    "no_such_sheet": _("El archivo no tiene esa hoja."),
    "too_many_cells": _("La hoja tiene demasiadas celdas, aunque estén vacías. Divídela en varias."),
    "too_much_text": _("El archivo lleva demasiado texto. Divídelo en varios."),
    "too_many_pieces": _("El archivo lleva demasiadas piezas dentro."),
    "expands": _("Al descomprimirlo, el archivo ocupa demasiado. No lo leímos."),
    "protected": _("El archivo está protegido con contraseña. Guárdalo sin ella y vuelve a subirlo."),
    "damaged": _("El archivo está dañado o no es una hoja de cálculo. Ábrelo en tu programa y guárdalo de nuevo."),
    "old_excel": _("Esto es un Excel antiguo (.xls) o protegido con contraseña. Guárdalo como .xlsx o como CSV."),
    "binary_excel": _("Esto es un Excel binario (.xlsb). Guárdalo como .xlsx o como CSV."),
    "no_table": _and_what(_("Esto no parece una tabla.")),
    "pdf": _and_what(_("Esto es un PDF, aunque se llame de otra forma.")),
    "picture": _and_what(_("Esto es una imagen.")),
    "media": _and_what(_("Esto es una imagen, un sonido o una película.")),
    "packed": _and_what(_("Esto es un archivo comprimido. Descomprímelo primero.")),
    "program": _and_what(_("Esto es un programa.")),
    "document": _and_what(_("Esto es un documento de texto, no una hoja de cálculo.")),
    "database": _and_what(_("Esto es una base de datos.")),
    "web_page": _and_what(_("Esto es una página web.")),
    "xml": _and_what(_("Esto es un XML.")),
    "json": _and_what(_("Esto es un JSON.")),
    "calendar_file": "%(told)s",  # what reads calendars has its own words, and is asked while somebody waits
    "calendar": _and_what(_("Esto es un calendario o una tarjeta, y aquí no se puede importar.")),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not taken. ``text`` is what a rule of an app says itself, as the catalogues know it."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    text: str = ""

    def __str__(self) -> str:
        return say(self.kept())

    def kept(self) -> Kept:
        """The reason as JSON."""
        return {"code": self.code, "params": dict(self.params)} | ({"text": self.text} if self.text else {})


def say(kept: Kept, *, words: Words | None = None, more: Mapping[str, str] | None = None) -> str:
    """A kept reason in the language that is active. ``words`` are the kind's; ``more`` goes with the params it has.

    What was kept before there were codes is said as it stands.
    """
    if "code" not in kept:
        return str(kept.get("message", ""))
    text = (words or {}).get(kept["code"]) or WORDS.get(kept["code"])
    if text is None:
        rule = kept.get("text")
        text = gettext(rule) if rule else WORDS["wrong"]
    given = {**(kept.get("params") or {}), **(more or {})}
    try:
        return text % given if given else str(text)
    except (KeyError, TypeError, ValueError):  # the words have changed since
        return str(text)


def reason_of(fault: ValidationError) -> Reason:
    """The reason of a rule of an app's own, whose words are lazy: the first one that ``fault`` gives."""
    first = fault.error_list[0]
    with translation.override(None):  # what the catalogues are looked up by
        text = str(first.message)
    if not text:  # a plural, whose words depend on its number
        return Reason("rule", {}, str(fault.messages[0]))
    params = {name: one if isinstance(one, str | int) else str(one) for name, one in (first.params or {}).items()}
    return Reason(first.code or "rule", params, text)


def reasons_of(fault: ValidationError) -> dict[str, Reason]:
    """By field the reasons of a fault of several fields; one of none is about «»."""
    if not hasattr(fault, "error_dict"):
        return {"": reason_of(fault)}
    return {name: reason_of(ValidationError(list(errors))) for name, errors in fault.error_dict.items()}
