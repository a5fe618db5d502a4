"""Spanish that is left on a page in another language: texts of our catalogues, and words that only Spanish has."""

from __future__ import annotations

import re
from functools import cache

from playwright.sync_api import Page

from config import translations

# What people can read or have read to them. Names of languages stand in their own language, marked as such.
_READ = """() => {
  const gone = new Set(["SCRIPT", "STYLE", "TEMPLATE", "CODE"]); // a key that is made by chance may spell a word
  const shown = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) { if (node.data.trim()) shown.push(node.data.trim()); return; }
    if (node.nodeType !== Node.ELEMENT_NODE || gone.has(node.tagName)) return;
    if (node !== document.documentElement && node.lang && node.lang !== document.documentElement.lang) return;
    for (const name of ["aria-label", "aria-description", "aria-roledescription", "placeholder", "title", "alt"]) {
      if (node.getAttribute(name)?.trim()) shown.push(node.getAttribute(name).trim());
    }
    node.childNodes.forEach(walk);
  };
  walk(document.documentElement);
  return shown;
}"""
_SPANISH = """
    ahora aquí aún ayer citas con cuando cuánto cuántos del desde el ella ellos está están este estos hace hacia hasta
    hay hoy las lo los mañana más mensajes muy ningún ninguna otra otras otro otros para pero por puedes quién sin según
    siempre sobre solo sus tareas tengo tiene tienes todavía tu tus ubicación un una unas unos usted volver y ya
"""
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")  # «encontrá-las» is one, and Portuguese
_PLACES = re.compile(r"\b(?:El|La|Los|Las) (?=[A-Z])")  # El Salvador
_SHARED = {"desde", "está", "este", "hace", "para", "por", "sobre", "solo", "tu"}  # words of Portuguese, too


def read(page: Page) -> list[str]:
    """Everything that the page says, hidden parts included."""
    return list(page.evaluate(_READ))


def spanish_left(page: Page, *, language: str, own: tuple[str, ...] = ()) -> list[str]:
    """Texts of the page that are Spanish though it is in ``language``; ``own`` are what the tenant has written."""
    words = _words(language)
    found = []
    for text in read(page):
        for name in own:
            text = text.replace(name, "")
        if text in _catalogue(language) or words & set(_WORDS.findall(_PLACES.sub("", text).lower())):
            found.append(text)
    return found


@cache
def _words(language: str) -> frozenset[str]:
    words = frozenset(_SPANISH.split())
    return words - _SHARED if language == "pt" else words


@cache
def _catalogue(language: str) -> frozenset[str]:
    """Our texts in Spanish, as far as ``language`` says them otherwise."""
    found = set()
    for domain in translations.DOMAINS:
        path = translations.catalogue_path(language=language, domain=domain)
        for message in translations.read_catalogue(path):
            if isinstance(message.id, str) and message.id and message.id != message.string:
                found.add(message.id)
    said = {
        message.string
        for domain in translations.DOMAINS
        for message in translations.read_catalogue(translations.catalogue_path(language=language, domain=domain))
    }
    return frozenset(found - {text for text in said if isinstance(text, str)})
