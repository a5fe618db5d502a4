"""What went wrong with an address or a call, in words: what happened, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _


def refuse(code: str) -> str:
    """Why an address is not taken, of a BadTarget's code."""
    sentences = {
        "url": _("Escribe una dirección completa, como https://tu-sistema.com/recado."),
        "scheme": _("La dirección tiene que empezar con https://."),
        "port": _("Ese puerto no está permitido: usa el de https, sin escribir ninguno."),
        "userinfo": _("Quita el usuario y la contraseña de la dirección."),
        "fragment": _("Quita de la dirección lo que sigue a «#»."),
        "notation": _("Escribe el nombre del servidor, no un número."),
        "address": _("Esa dirección no es pública: desde internet no se llega a ella."),
        "inside": _("Ese nombre solo existe dentro de una red: usa uno al que se llegue desde internet."),
    }
    return sentences.get(code, sentences["url"])


def explain(code: str, status_code: int | None = None) -> str:
    """What became of a try, of the code of an attempt or of a delivery that failed; empty for an empty one."""
    if code in ("status", "redirect") and status_code is not None:
        if code == "redirect":
            return _("Contestó %(status)d: manda a otra dirección, y no seguimos desvíos.") % {"status": status_code}
        return _("Contestó %(status)d; solo vale una respuesta entre 200 y 299.") % {"status": status_code}
    sentences = {
        "dns": _("No encontramos ese servidor."),
        "timeout": _("No contestó a tiempo."),
        "tls": _("Su certificado no es válido para esa dirección."),
        "refused": _("Rechazó la conexión."),
        "connection": _("La conexión se cortó."),
        "closed": _("Cerró la conexión sin contestar."),
        "no_http": _("Lo que contestó no es HTTP."),
        "too_much": _("Contestó demasiado."),
        "exhausted": _("Lo intentamos ocho veces y dejamos de insistir."),
        "asked_once": _("Lo intentamos una vez, como pediste."),
        "too_late": _("Esperó más de tres días y ya no sale."),
        "disabled": _("El webhook se desactivó antes de que saliera."),
        "interrupted": _("Se interrumpió varias veces mientras lo enviábamos."),
    }
    if not code:
        return ""
    return sentences.get(code) or refuse(code)
