"""Markdown as a model writes it, in the few marks that WhatsApp knows: *bold*, _italic_, ~strike~ and ```mono```.

A mark works there only at the edge of a word and within a line. What is no mark but would work as one, in the name of
a product for example, is written with a character that looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# While a text is worked on its marks are single characters of the private area, so that none is taken for text.
BOLD, ITALIC, STRIKE, MONO = "\ue000\ue001", "\ue002\ue003", "\ue004\ue005", "\ue006\ue007"  # each opens and closes
STYLES = (BOLD, ITALIC, STRIKE, MONO)
WRITTEN = {BOLD: "*", ITALIC: "_", STRIKE: "~", MONO: "```"}
OPENS = {style[0]: style for style in STYLES}
CLOSES = {style[1]: style for style in STYLES}

_private = re.compile("[\ue000-\ue00f]")
_kept = "\ue008"  # stands before a character that is neither a mark nor taken for one: of an address
_look_alike = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}

_heading = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_bullet = re.compile(r"^(\s*)[-*+•]\s+(.*)$")
_rule = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
_separator = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_fence = re.compile(r"^\s*(?:```|~~~)")
_break = re.compile(r"<br\s*/?>", re.IGNORECASE)
_inline = re.compile(
    r"""
      \\(?P<escaped>[\\`*_{}\[\]()\#+\-.!~|>])
    | (?P<ticks>`{1,3})(?P<code>[^`\n]+)(?P=ticks)
    | !?\[(?P<label>[^\]\n]{0,300})\]\((?P<address>[^()\s]{1,1000})(?:\s+"[^"\n]*")?\)
    | <(?P<enclosed>(?:https?://|mailto:)[^<>\s]+)>
    | (?P<bare>(?:https?://|www\.)[^\s<>]+|[\w.+-]+@[\w-]+\.[\w.-]+)
    | \*\*\*(?=\S)(?P<both>[^\n]{1,500}?)(?<=\S)\*\*\*(?!\*)
    | \*\*(?=[^\s*])(?P<strong>[^\n]{1,500}?)(?<=\S)\*\*(?!\*)
    | (?<!\w)__(?=\S)(?P<lined>[^\n]{1,500}?)(?<=\S)__(?!\w)
    | ~~(?=\S)(?P<struck>[^\n]{1,500}?)(?<=\S)~~
    | (?<![\w*])\*(?=[^\s*])(?P<starred>[^*\n]{1,500}?)(?<=\S)\*(?![\w*])
    | (?<!\w)_(?=\S)(?P<slanted>[^_\n]{1,500}?)(?<=\S)_(?!\w)
    """,
    re.VERBOSE,
)
_STYLED = {
    "both": (BOLD, ITALIC),
    "strong": (BOLD,),
    "lined": (BOLD,),
    "struck": (STRIKE,),
    "starred": (ITALIC,),
    "slanted": (ITALIC,),
}


def format_text(markdown: str) -> str:
    """The text as WhatsApp shows it."""
    return write(mark(markdown))


def mark(markdown: str) -> str:
    """The text with its marks as single characters, for ``write`` after it has been cut."""
    lines = _break.sub("\n", _private.sub("", markdown)).replace("\r\n", "\n").split("\n")
    text = "\n".join(line.rstrip() for line in _blocks(lines))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def write(marked: str) -> str:
    """Write the marks out; one that would not work where it stands is left out, with its other half."""
    return "\n".join(_write_line(line) for line in _whole_lines(marked))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if _fence.match(line):
            end = next((n for n in range(at + 1, len(lines)) if _fence.match(lines[n])), len(lines))
            content = "\n".join(lines[at + 1 : end])
            if content.strip():
                yield MONO[0] + _keep(content) + MONO[1]
            at = end + 1
        elif "|" in line and at + 1 < len(lines) and "|" in lines[at + 1] and _separator.match(lines[at + 1]):
            head, at = _cells(line), at + 2
            rows = 0
            while at < len(lines) and "|" in lines[at]:
                yield _row(head, _cells(lines[at]))
                at, rows = at + 1, rows + 1
            if not rows:
                yield _row((), head)
        else:
            yield _line(line)
            at += 1


def _line(line: str) -> str:
    if _rule.match(line):
        return ""
    if heading := _heading.match(line):
        return _styled((BOLD,), heading.group(1), ())
    if bullet := _bullet.match(line):
        return f"{bullet.group(1)}• {_marks(bullet.group(2), ())}"
    return _marks(line, ())


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.sub(r"^\s*\||\|\s*$", "", line).split("|")]


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    said = []
    for n, cell in enumerate(cells):
        name = head[n] if n < len(head) else ""
        if cell:
            said.append(f"{_marks(name, ())}: {_marks(cell, ())}" if name else _marks(cell, ()))
    return "• " + " · ".join(said) if said else ""


def _marks(text: str, inside: Sequence[str]) -> str:
    pieces, at = [], 0
    for found in _inline.finditer(text):
        pieces += [text[at : found.start()], _read(found, inside)]
        at = found.end()
    return "".join([*pieces, text[at:]])


def _read(found: re.Match[str], inside: Sequence[str]) -> str:
    group = found.groupdict()
    if group["escaped"]:
        return str(group["escaped"])
    if group["code"]:
        return MONO[0] + _keep(group["code"].strip()) + MONO[1] if MONO not in inside and group["code"].strip() else ""
    if group["address"]:
        return _link(group["label"].strip(), group["address"], inside)
    if address := group["enclosed"] or group["bare"]:
        return _keep(address.removeprefix("mailto:"))
    name = next(name for name in _STYLED if group[name])
    return _styled(_STYLED[name], group[name], inside)


def _link(label: str, address: str, inside: Sequence[str]) -> str:
    """A page of our own is no use to somebody on WhatsApp: its name stays."""
    if not re.match(r"(?:https?://|mailto:|tel:)", address, re.IGNORECASE):
        return _styled((BOLD,), label, inside)
    address = re.sub(r"^(?:mailto|tel):", "", address)
    if not label or label == address:
        return _keep(address)
    return f"{_marks(label, inside)} ({_keep(address)})"


def _styled(styles: Sequence[str], text: str, inside: Sequence[str]) -> str:
    new = [style for style in styles if style not in inside]
    inner = _marks(text.strip(), [*inside, *new])
    if not inner.strip():
        return inner
    return "".join(style[0] for style in new) + inner + "".join(style[1] for style in reversed(new))


def _keep(text: str) -> str:
    """Text in which nothing is a mark."""
    return "".join(_kept + character if character in _look_alike else character for character in text)


def _whole_lines(marked: str) -> Iterator[str]:
    """Lines, but what is in mono stays together."""
    held: list[str] = []
    for line in marked.split("\n"):
        held.append(line)
        joined = "\n".join(held)
        if joined.count(MONO[0]) <= joined.count(MONO[1]):
            yield joined
            held = []
    if held:
        yield "\n".join(held)


def _write_line(line: str) -> str:
    line = _without_strays(line)
    works = _working(line)
    plain = _plain_marks(line)
    written = []
    for n, character in enumerate(line):
        if character in OPENS or character in CLOSES:
            written.append(WRITTEN[OPENS.get(character) or CLOSES[character]] if n in works else "")
        elif character != _kept:
            written.append(_look_alike[character] if n in plain else character)
    return "".join(written)


def _without_strays(line: str) -> str:
    """Two asterisks that nothing closes are a model's slip."""
    return re.sub(rf"(?<![{_kept}*])(?<!\s)\*{{2,}}(?![\w*])|(?<![\w{_kept}*])\*{{2,}}(?![\s*])", "", line)


def _working(line: str) -> set[int]:
    """The places of marks that stand at the edge of a word on both sides of what they mark."""
    works: set[int] = set()
    opened: list[tuple[str, int]] = []
    for n, character in enumerate(line):
        if character in OPENS:
            opened.append((OPENS[character], n))
        elif (style := CLOSES.get(character)) and opened and opened[-1][0] == style:
            begin = opened.pop()[1]
            before, after = _neighbour(line, begin, -1), _neighbour(line, n, 1)
            first, last = _neighbour(line, begin, 1), _neighbour(line, n, -1)
            if not (before.isalnum() or after.isalnum() or first.isspace() or last.isspace()):
                works |= {begin, n}
    return works


def _plain_marks(line: str) -> set[int]:
    """The places of characters that are text and would be taken for marks."""
    found: set[int] = set()
    for character, style in (("*", BOLD), ("_", ITALIC), ("~", STRIKE), ("`", MONO)):
        edges = []
        for n, each in enumerate(line):
            if each == character and (n == 0 or line[n - 1] != _kept):
                before, after = _neighbour(line, n, -1), _neighbour(line, n, 1)
                opens = not before.isalnum() and bool(after.strip())
                closes = not after.isalnum() and bool(before.strip())
                edges += [n] if opens or closes else []
        if len(edges) > 1 or style[0] in line:
            found |= set(edges)
    return found


def _neighbour(line: str, at: int, step: int) -> str:
    """The nearest character that is no mark; empty at the end of the line."""
    at += step
    while 0 <= at < len(line):
        if not ("\ue000" <= line[at] <= "\ue00f"):
            return line[at]
        at += step
    return ""
