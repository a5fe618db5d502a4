"""The guide for developers, from ``docs/``, as a page of the site: everything that it shows works on this very one."""

from __future__ import annotations

import re
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

EXAMPLE_SITE = "http://127.0.0.1:8000"  # in the documents
_inline = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)\s]+)\)")
_fence = re.compile(r"^```(\w*)$")
GUIDES = ("api", "webhooks")  # documents that are pages here


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """One of the guides."""
    if name not in GUIDES:
        raise Http404
    title, body = _written(name)
    return render(request, "config/guide.html", {"title": title, "guide": body})


@cache
def _written(name: str) -> tuple[str, SafeString]:
    text = (settings.BASE_DIR / "docs" / f"{name}.md").read_text(encoding="utf-8")
    text = text.replace(EXAMPLE_SITE, settings.SITE_URL)
    return text.partition("\n")[0].lstrip("# "), write_html(text)


def write_html(text: str) -> SafeString:
    """Our documents' marks as HTML: headings, paragraphs, lists, tables, code, links. Everything else stays text."""
    blocks: list[str] = []
    lines = iter(text.split("\n"))
    held: list[str] = []

    def end() -> None:
        if held:
            blocks.append(_block(held))
            held.clear()

    for line in lines:
        fence = _fence.match(line)
        if fence:
            end()
            code = []
            for inner in lines:
                if inner == "```":
                    break
                code.append(inner)
            blocks.append(f'<pre tabindex="0"><code>{escape(chr(10).join(code))}</code></pre>')
        elif not line.strip():
            end()
        elif line.startswith("#"):
            end()
            level = min(len(line) - len(line.lstrip("#")), 4)
            words = line.lstrip("# ")
            blocks.append(f'<h{level} id="{_anchor(words)}">{_spans(words)}</h{level}>')
        else:
            held.append(line)
    end()
    return mark_safe("\n".join(blocks))  # noqa: S308  (all text in it went through escape)


def _block(lines: list[str]) -> str:
    if lines[0].startswith("|"):
        head, _rule, *rows = ([cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in lines)
        top = "".join(f'<th scope="col">{_spans(cell)}</th>' for cell in head)
        body = "".join(f"<tr>{''.join(f'<td>{_spans(cell)}</td>' for cell in row)}</tr>" for row in rows)
        return f'<div class="guide-table"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    if lines[0].startswith("- "):
        items: list[str] = []
        for line in lines:
            if line.startswith("- "):
                items.append(line[2:])
            else:
                items[-1] += f" {line.strip()}"
        return f"<ul>{''.join(f'<li>{_spans(item)}</li>' for item in items)}</ul>"
    return f"<p>{_spans(' '.join(line.strip() for line in lines))}</p>"


def _spans(text: str) -> str:
    parts: list[str] = []
    at = 0
    for found in _inline.finditer(text):
        code, strong, lined, label, address = found.groups()
        parts.append(escape(text[at : found.start()]))
        if code:
            parts.append(f"<code>{escape(code)}</code>")
        elif strong:
            parts.append(f"<strong>{_spans(strong)}</strong>")
        elif lined:
            parts.append(f"<em>{_spans(lined)}</em>")
        else:
            parts.append(f'<a href="{escape(_address(address))}">{_spans(label)}</a>')
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _address(address: str) -> str:
    """An address that leads somewhere: a page here, this page, or another site."""
    name, hash_, place = address.partition("#")
    if name.removesuffix(".md") in GUIDES:
        return f"/developers/{name.removesuffix('.md')}{hash_}{place}"
    return address if address.startswith(("#", "/", "https://", settings.SITE_URL)) else "#"


def _anchor(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
