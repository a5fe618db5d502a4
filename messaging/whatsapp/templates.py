"""The message templates that Meta has approved for a number: fetched, shown with their variables, and filled in.

Kept in ``NumberState.templates`` as Meta describes them: [{name, language, category, status, components, stopped}].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging.whatsapp.channels import NumberState
from messaging.whatsapp.origins import Origin

APPROVED = "APPROVED"
MOST_KEPT = 500
LONGEST_VALUE = 600  # characters of one variable; a body has 1024 in all
# By convention of ours: which templates carry reminders and digests. docs/whatsapp.md has the texts for Meta.
REMINDER, DIGEST = "recado_reminder", "recado_digest"

_variable = re.compile(r"\{\{\s*(\w{1,64})\s*\}\}")
_gaps = re.compile(r"\s+")  # Meta refuses line breaks, tabs and four spaces in a row in the value of a variable


class NoBusinessAccount(Exception):
    """The number's business account is not known, and templates belong to it."""


class WrongVariables(ValueError):
    """The values given are not those that the template wants; ``wanted`` are their names, in order."""

    def __init__(self, wanted: Sequence[str]) -> None:
        super().__init__(", ".join(wanted))
        self.wanted = list(wanted)


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language. ``variables`` are the names in its header and body: «1», «2», or words."""

    name: str
    language: str
    category: str
    status: str
    stopped: int | None  # WhatsApp's code, for which we use it no more
    header: str
    body: str
    footer: str
    buttons: tuple[str, ...]
    quick_replies: tuple[int, ...]  # the places of the buttons that send a text back
    needs_media: bool  # in its header, which we do not send
    needs_more: bool  # in a button: an address or a code of its own for each message, which we do not send
    header_variables: tuple[str, ...]
    variables: tuple[str, ...]  # of header and body

    @property
    def is_usable(self) -> bool:
        is_ours = not (self.needs_media or self.needs_more)
        return self.status == APPROVED and self.stopped is None and is_ours

    def preview(self, values: Sequence[str] = ()) -> str:
        """What the person will read. Variables without a value stand as they are."""
        head = len(self.header_variables)
        header = _fill(self.header, dict(zip(self.header_variables, values[:head], strict=False)))
        body = _fill(self.body, dict(zip(self.variables[head:], values[head:], strict=False)))
        return "\n\n".join(text for text in (header, body, self.footer) if text)

    def components(self, values: Sequence[str], *, payloads: Sequence[str] = ()) -> list[dict[str, Any]]:
        """What the Graph API wants beside name and language. Raises WrongVariables.

        ``payloads`` are what the quick-reply buttons send back, in order.
        """
        if len(values) != len(self.variables):
            raise WrongVariables(self.variables)
        head = len(self.header_variables)
        found = []
        for kind, names, some in (
            ("header", self.header_variables, values[:head]),
            ("body", self.variables[head:], values[head:]),
        ):
            if some:
                parameters = [_parameter(name, value) for name, value in zip(names, some, strict=True)]
                found.append({"type": kind, "parameters": parameters})
        for place, payload in zip(self.quick_replies, payloads, strict=False):
            parameters = [{"type": "payload", "payload": payload}]
            found.append({"type": "button", "sub_type": "quick_reply", "index": str(place), "parameters": parameters})
        return found


def read_templates(state: NumberState) -> list[Template]:
    """The templates of a number, by name and language."""
    return [_read(row) for row in state.templates if isinstance(row, dict)]


def find_template(*, state: NumberState, name: str, language: str) -> Template | None:
    """The usable template of that name in ``language`` («es» is met by «es_CO», too), else in any other."""
    usable = [one for one in read_templates(state) if one.name == name and one.is_usable]
    same = [one for one in usable if one.language == language]
    alike = [one for one in usable if one.language[:2] == language[:2]]
    return next(iter([*same, *alike, *usable]), None)


def fetch_templates(origin: Origin, *, now: datetime) -> list[Template]:
    """Ask Meta for the templates of a number's business account, and keep them. Not to be called in a transaction.

    What was stopped stays so until Meta says something else about it than before. Raises NoBusinessAccount and the
    gateway's errors.
    """
    account = origin.state.business_account_id
    if not account:
        raise NoBusinessAccount
    rows = origin.gateway().fetch_templates(account)[:MOST_KEPT]
    before = {(row.get("name"), row.get("language")): row for row in origin.state.templates}
    kept = []
    for row in sorted((_clean(row) for row in rows), key=lambda row: (row["name"], row["language"])):
        old = before.get((row["name"], row["language"]))
        changed = old is None or any(old.get(name) != row[name] for name in ("status", "components"))
        kept.append(row | {"stopped": None if changed or old is None else old.get("stopped")})
    origin.state.templates, origin.state.templates_fetched_at = kept, now
    origin.state.save(update_fields=["templates", "templates_fetched_at"])
    return read_templates(origin.state)


def stop_template(state: NumberState, *, name: str, language: str, code: int | None) -> None:
    """Use this template no more: WhatsApp refused it with ``code``. In a transaction that has locked the row."""
    for row in state.templates:
        if row.get("name") == name and row.get("language") == language:
            row["stopped"] = code
    state.save(update_fields=["templates"])


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(row.get(name) or "")[:512] for name in ("name", "language", "category", "status")}
    components = row.get("components")
    return {**texts, "components": components if isinstance(components, list) else []}


def _read(row: dict[str, Any]) -> Template:
    parts = {str(part.get("type", "")).upper(): part for part in row.get("components") or [] if isinstance(part, dict)}
    header, body = _text(parts, "HEADER"), _text(parts, "BODY")
    found = parts.get("BUTTONS", {}).get("buttons")
    buttons = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    head = tuple(dict.fromkeys(_variable.findall(header)))
    return Template(
        name=str(row.get("name", "")),
        language=str(row.get("language", "")),
        category=str(row.get("category", "")).lower(),
        status=str(row.get("status", "")),
        stopped=row.get("stopped"),
        header=header,
        body=body,
        footer=_text(parts, "FOOTER"),
        buttons=tuple(str(one.get("text", "")) for one in buttons),
        quick_replies=tuple(n for n, one in enumerate(buttons) if str(one.get("type", "")).upper() == "QUICK_REPLY"),
        needs_media=str(parts.get("HEADER", {}).get("format", "TEXT")).upper() != "TEXT",
        needs_more=any(_wants_value(one) for one in buttons),
        header_variables=head,
        variables=(*head, *dict.fromkeys(_variable.findall(body))),
    )


def _wants_value(button: dict[str, Any]) -> bool:
    return str(button.get("type", "")).upper() in ("COPY_CODE", "OTP") or "{{" in str(button.get("url", ""))


def _text(parts: dict[str, Any], name: str) -> str:
    text = parts.get(name, {}).get("text")
    return text if isinstance(text, str) else ""


def _fill(text: str, values: dict[str, str]) -> str:
    return _variable.sub(lambda found: values.get(found[1], found[0]), text)


def _parameter(name: str, value: str) -> dict[str, str]:
    text = _gaps.sub(" ", value).strip() or "-"
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1].rstrip() + "…"
    named = {} if name.isdigit() else {"parameter_name": name}
    return {"type": "text", **named, "text": text}
