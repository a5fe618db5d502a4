"""Who comes to an appointment, in one cell: «Ana Pérez <ana@example.com> (+573001234567); Luis»."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

Person = dict[str, str]  # {name, email, phone}

_escaped = r'"(?:[^"\\]|\\.)*"'
_part = re.compile(
    rf"(?P<mail><\s*(?:{_escaped}|[^<>]*)\s*>)|(?P<phone>\(\s*(?:{_escaped}|[^()]*)\s*\))|(?P<quoted>{_escaped})"
    r'|(?P<end>[;,|\n])|(?P<plain>[^"<(;,|\n]+|.)',
    re.DOTALL,
)
_bare_name = re.compile(r"[^\W\d_][^\"<>();,|\n\\@]*")
_odd_mail = re.compile(r"[<>\"\s]")
_bare_phone = re.compile(r"\+?[0-9][0-9 .-]{4,}")


def read_people(text: str) -> list[Person]:
    """The people that a cell names, parted by semicolon, comma, bar or line: each by name, e-mail, phone, or several.

    What stands in quotes is taken as it is.
    """
    people: list[Person] = []
    now: Person = {"name": "", "email": "", "phone": ""}
    for found in _part.finditer(text):
        kind, said = str(found.lastgroup), found[0]
        if kind == "end":
            people.append(now)
            now = {"name": "", "email": "", "phone": ""}
        elif kind == "mail":
            now["email"] = _inside(said)
        elif kind == "phone" and _is_phone(said):
            now["phone"] = _inside(said)
        elif kind == "quoted":
            now["name"] += _unquoted(said)
        elif _bare_phone.fullmatch(said.strip()):
            now["phone"] = said.strip()
        elif _is_mail(said.strip()):
            now["email"] = said.strip()
        else:
            now["name"] += said
    return [{**one, "name": one["name"].strip()} for one in [*people, now] if any(v.strip() for v in one.values())]


def write_people(people: Sequence[Mapping[str, Any]]) -> str:
    """The cell of which ``read_people`` makes ``people`` again."""
    return "; ".join(_write(one) for one in people)


def _write(person: Mapping[str, Any]) -> str:
    name, email, phone = (str(person.get(part) or "") for part in ("name", "email", "phone"))
    parts = []
    if name:
        parts.append(name if _bare_name.fullmatch(name) and name == name.strip() else _quoted(name))
    if email:
        parts.append(f"<{_quoted(email) if _odd_mail.search(email) else email}>")
    if phone:
        parts.append(f"({phone if _bare_phone.fullmatch(phone) and phone == phone.strip() else _quoted(phone)})")
    return " ".join(parts)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _inside(text: str) -> str:
    inside = text[1:-1].strip()
    return _unquoted(inside) if re.fullmatch(_escaped, inside, re.DOTALL) else inside


def _is_phone(text: str) -> bool:
    inside = text[1:-1].strip()
    return bool(_bare_phone.fullmatch(inside) or re.fullmatch(_escaped, inside, re.DOTALL))


def _is_mail(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
