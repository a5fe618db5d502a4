"""A tenant's accent colour as a style sheet whose texts can be read, whatever colour was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls.converters import StringConverter

DEFAULT_ACCENT = "#0f766e"

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
# The lightest surface of the light theme's cards and the lightest of the dark theme's, tinted rows included.
LIGHT_SURFACE: Colour = (240, 244, 247)
DARK_SURFACE: Colour = (40, 50, 68)
READABLE = 4.5  # WCAG 2.2, 1.4.3


class ColourConverter(StringConverter):
    """Six hexadecimal digits of an address, such as ``0f766e``."""

    regex = "[0-9a-f]{6}"


def style_sheet(*, accent: str) -> str:
    """CSS that sets the accent (``#rrggbb``): for surfaces as it is, for text as near to it as can be read."""
    colour = _parse(accent)
    on_accent = WHITE if contrast(colour, WHITE) >= READABLE else BLACK
    light = readable(colour, on=LIGHT_SURFACE, towards=BLACK)
    dark = readable(colour, on=DARK_SURFACE, towards=WHITE)
    return (
        f":root{{--tblr-primary:{_hex(colour)};--tblr-primary-rgb:{_triple(colour)};--tblr-primary-fg:{_hex(on_accent)}}}"
        f":root,[data-bs-theme=light]{{--accent-text:{_hex(light)};--tblr-link-color:{_hex(light)};"
        f"--tblr-link-color-rgb:{_triple(light)};--tblr-link-hover-color-rgb:{_triple(light)}}}"
        f"[data-bs-theme=dark]{{--accent-text:{_hex(dark)};--tblr-link-color:{_hex(dark)};"
        f"--tblr-link-color-rgb:{_triple(dark)};--tblr-link-hover-color-rgb:{_triple(dark)}}}"
    )


def readable(colour: Colour, *, on: Colour, towards: Colour) -> Colour:
    """The colour nearest to ``colour`` on its way ``towards`` another that text may have ``on`` a surface."""
    return next((step for step in _steps(colour, towards) if contrast(step, on) >= READABLE), towards)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _steps(colour: Colour, towards: Colour) -> Iterator[Colour]:
    for n in range(21):
        red, green, blue = (round(a + (b - a) * n / 20) for a, b in zip(colour, towards, strict=True))
        yield red, green, blue


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parse(value: str) -> Colour:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _triple(colour: Colour) -> str:
    return ",".join(map(str, colour))
