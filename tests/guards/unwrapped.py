"""Finds texts for people that are not given to gettext: in templates, in the pages' scripts, and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from html.parser import HTMLParser

from babel.messages.jslexer import tokenize, unquote_string

from config.translations import KEYWORDS

WORD = re.compile(r"[^\W\d_]{2,}")
LETTERS = re.compile(r"[áéíóúñü¿¡ãõçâêô]", re.IGNORECASE)
PATTERN = re.compile(r"\\[bswWdA]|\(\?[:<=!]")  # reads texts, and is none
LANGUAGES = frozenset({"es", "en", "pt"})
ANSWERS = frozenset({"detail", "message", "non_field_errors"})  # keys of what the API answers people
LITTLE = re.compile(
    r"\b(?:al|como|con|cuando|de|del|desde|el|en|es|esa|ese|eso|esta|este|hay|la|las|lo|los|mas|muy|no|para|pero|por|que|se|si|sin|su"
    r"|sus|tu|tus|te|un|una|y|ya)\b"
)


def is_spanish(text: str) -> bool:
    """Letters or signs that English has not, or two little words that it has not; one is enough in a sentence."""
    if LETTERS.search(text):
        return bool(WORD.search(text))
    little = set(LITTLE.findall(text.lower()))
    return len(little) > 1 or (bool(little - {"no"}) and bool(re.fullmatch(r"[A-Z].* .*[.…!?]", text)))


def is_said(text: str) -> bool:
    """Whether a literal of a script is something to read: Spanish, or a word or more that begin like a sentence."""
    if is_spanish(text):
        return True
    return bool(re.fullmatch(r"[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+(?:[ ,:][^<>{}=]*)?[.…!?:]?", text))


# --- templates


class _Page(HTMLParser):
    ATTRIBUTES = frozenset({"title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "alt"})
    SILENT = frozenset({"script", "style", "kbd", "code", "pre"})  # keys and commands are the same in every language

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self.inside.append(tag)
        for name, value in attrs:
            is_button = tag == "input" and name == "value" and ("type", "submit") in attrs
            if (name in self.ATTRIBUTES or is_button) and WORD.search(value or ""):
                self.found.append(f"{name}={value}")
            elif name.startswith(("x-", ":", "@")):  # an expression of Alpine's
                literals = re.findall(r"'([^']*)'|`([^`]*)`", value or "")
                self.found += [text for pair in literals for text in pair if is_said(text)]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and WORD.search(data):
            self.found.append(" ".join(data.split()))


def in_template(source: str, *, is_page: bool = True) -> list[str]:
    """Visible texts and read-aloud attributes that no translating tag holds."""
    source = re.sub(r"{%\s*block \w+_class\s*%}.*?{%\s*endblock\s*%}", "", source)
    source = re.sub(r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}", "", source, flags=re.DOTALL)
    source = re.sub(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", "", source, flags=re.DOTALL)
    source = re.sub(r"{%\s*trans(?:late)?\b.*?%}", "", source, flags=re.DOTALL)
    tags = re.findall(r"{[{%].*?[%}]}", source, flags=re.DOTALL)
    said = [text for tag in tags for text in re.findall(r"\"([^\"]*)\"|'([^']*)'", tag)]
    found = [text for pair in said for text in pair if is_said(text)]
    source = re.sub(r"{[{%].*?[%}]}", "", source, flags=re.DOTALL)
    if not is_page:
        return found + [line.strip() for line in source.splitlines() if WORD.search(line)]
    page = _Page()
    page.feed(source)
    page.close()
    return found + page.found


# --- scripts


def in_script(source: str, *, known: Container[str] = ()) -> list[str]:
    """Literals that look like something to read, or are ``known`` to be, and are no argument of gettext."""
    found, wrapped, depth, name = [], 0, 0, ""
    for token in tokenize(source):
        if token.type == "operator" and token.value in {"(", "`("}:
            depth += 1
            if name in {"gettext", "ngettext", "pgettext", "npgettext"} and not wrapped:
                wrapped = depth
        elif token.type == "operator" and token.value == ")":
            if wrapped == depth:
                wrapped = 0
            depth -= 1
        elif token.type == "string" and not wrapped:
            found.append(unquote_string(token.value))
        elif token.type == "template_string" and not wrapped:
            text, inner = _split_template(token.value)
            found.append(text)
            found += in_script(inner, known=known)
        if token.type not in {"linecomment", "multilinecomment"}:
            name = token.value if token.type == "name" else ""
    return [text for text in found if is_said(text.strip()) or text.strip() in known]


def _split_template(literal: str) -> tuple[str, str]:
    """What a template literal says, and the expressions in it."""
    inner = re.findall(r"\${((?:[^{}]|{[^{}]*})*)}", literal)
    return re.sub(r"\${(?:[^{}]|{[^{}]*})*}", " ", literal.strip("`")), ";".join(inner)


# --- Python


def in_python(source: str) -> list[str]:
    """Spanish literals outside gettext and docstrings, and any literal that is raised at people or labels a field."""
    tree = ast.parse(source)
    silent = {id(node) for node in _silent(tree)}
    told = {id(node) for node in _told(tree)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            text = node.value
            if PATTERN.search(text):
                continue
            if is_spanish(text) or (id(node) in told and " " in text and WORD.search(text)):
                found.append(text)
    return found


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that are translated, or that nobody but us reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in {*KEYWORDS, "RegexValidator", "compile"}:
            # Of a validator only the pattern: its message is looked at by itself.
            yield from ast.walk(node.args[0]) if _name(node.func) in {"RegexValidator", "compile"} else ast.walk(node)
        if isinstance(node, ast.Call) and _name(node.func) == "make_spec":
            yield from ast.walk(node)  # a model reads it
        if isinstance(node, ast.keyword) and node.arg == "aliases":
            yield from ast.walk(node)  # what columns are called in people's own sheets
        if isinstance(node, ast.Dict) and {_text(key) for key in node.keys} >= LANGUAGES:
            yield from ast.walk(node)  # said in every language already: see tables_in
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value  # a docstring


def _told(tree: ast.Module) -> Iterator[ast.AST]:
    refusals = {"ValidationError", "ParseError", "AuthenticationFailed", "PermissionDenied", "NotFound", "Conflict"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from (value for key, value in zip(node.keys, node.values, strict=True) if _text(key) in ANSWERS)
        if not isinstance(node, ast.Call):
            continue
        if _name(node.func) in refusals | {"add_error"}:
            yield from ast.walk(node)
        for keyword in node.keywords:
            if keyword.arg in {"label", "verbose_name", "verbose_name_plural", "violation_error_message"}:
                yield keyword.value


def tables_in(source: str) -> list[dict[str, list[str]]]:
    """The texts of each table {"es": …, "en": …, "pt": …} of a module, by language, in their order."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Dict) or _text(node.keys[0] if node.keys else None) not in LANGUAGES:
            continue
        texts = {_text(key): _texts(value) for key, value in zip(node.keys, node.values, strict=True)}
        if any(text for said in texts.values() for text in said):
            found.append(texts)
    return found


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        return [ast.unparse(node)]
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
