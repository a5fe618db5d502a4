"""Replies as WhatsApp's messages: nothing over a limit, nothing lost, no mark that is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistants.offers import Option
from messaging.whatsapp import rendering
from messaging.whatsapp.formatting import format_text
from messaging.whatsapp.rendering import render_reply, split, units

words = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)
markdown = st.lists(
    st.one_of(
        words,
        words.map("**{}**".format),
        words.map("_{}_".format),
        words.map("~~{}~~".format),
        words.map("{}.".format),
        words.map("\n- {}".format),
        words.map("\n\n# {}\n".format),
        st.sampled_from(["*", "**", "_", "~", "`", "|", "😀", "[a](https://a.co/b_c_d)", "https://a.co/x_y_z?q=1*2"]),
    ),
    max_size=400,
).map(" ".join)


def said(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize(
    ("markdown", "whatsapp"),
    [
        ("**Hola**, _ana_ y *beto*", "*Hola*, _ana_ y _beto_"),
        ("***Ya*** ~~no~~", "*_Ya_* ~no~"),
        ("Usa `a_b`.", "Usa ```a_b```."),
        ("## Precios\n* Uno\n- Dos\n  + Tres", "*Precios*\n• Uno\n• Dos\n  • Tres"),
        (
            "| Producto | Precio |\n|---|---:|\n| Sierra | $1 |\n| Lima | $2 |",
            "• Producto: Sierra · Precio: $1\n• Producto: Lima · Precio: $2",
        ),
        ("Mira [el mapa](https://m.co/a_b_c).", "Mira el mapa (https://m.co/a_b_c)."),
        ("[https://m.co](https://m.co)", "https://m.co"),
        ("Es la [Sierra 1400 W](/user/commercial/products?id=3).", "Es la *Sierra 1400 W*."),
        ("**Sin cerrar", "Sin cerrar"),
        ("Sin abrir**", "Sin abrir"),
        ("Tabla 3*4*5 y 2 * 3 * 4", "Tabla 3*4*5 y 2 * 3 * 4"),
        ("Cable USB_C_2 y _solo", "Cable USB_C_2 y _solo"),
        ("El ~nuevo~ sale", "El ∼nuevo∼ sale"),
        ("\\*así\\*", "∗así∗"),
        ("**Mar**tillo", "Martillo"),
        ("**Cinta *pro* 3M**", "*Cinta _pro_ 3M*"),
        ("uno<br>dos\n\n\n\ntres\n---", "uno\ndos\n\ntres"),
        ("```\na *b* _c_\nd\n```", "```a *b* _c_\nd```"),
        ("https://m.co/*a*_b_", "https://m.co/*a*_b_"),
    ],
)
def test_markdown_becomes_what_whatsapp_knows(markdown, whatsapp):
    assert format_text(markdown) == whatsapp


@given(markdown)
def test_every_word_is_kept_in_its_order(text):
    assert said(format_text(text)) == said(re.sub(r"\[a\]\((.*?)\)", r"a \1", text))


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    format_text(text)
    assert all(units(part) <= 64 for part in split(text, limit=64, most=3))


@settings(max_examples=60, deadline=None)
@given(markdown.map(lambda text: text * 8))
def test_what_is_cut_fits_and_loses_nothing(text):
    parts = split(text, limit=1024, most=1000)
    assert all(0 < units(part) <= 1024 for part in parts)
    assert said(" ".join(parts)) == said(format_text(text))


def test_it_is_cut_at_sentences_and_never_inside_an_address():
    address = "https://ejemplo.co/" + "a_b/" * 60
    sentence = f"La sierra cuesta $250.000 y está en {address} desde hoy. "
    parts = split(sentence * 30)
    assert len(parts) > 1
    assert all(part.endswith("hoy.") for part in parts)
    assert " ".join(parts).count(address) == 30


def test_a_mark_is_closed_where_the_text_is_cut_and_opened_again():
    parts = split("**" + "una frase larga en negrita " * 18 + "fin**", limit=300)
    assert len(parts) == 2
    assert all(part.startswith("*") and part.endswith("*") for part in parts)


def test_there_are_at_most_so_many_parts():
    parts = split("Una frase. " * 5000)
    assert len(parts) == rendering.MOST_PARTS
    assert parts[-1].endswith("…")
    assert all(units(part) <= rendering.TEXT for part in parts)


def test_pictures_count_twice():
    assert all(len(part.encode("utf-16-le")) // 2 <= 4096 for part in split("😀" * 9000))


def test_a_yes_or_no_gets_buttons():
    (part,) = render_reply(
        text="Son dos citas. **¿Las cancelo?**", question="¿Las cancelo?", message_id=7, language="es"
    )
    assert part.payload["interactive"]["body"]["text"] == "Son dos citas. *¿Las cancelo?*"
    buttons = [button["reply"] for button in part.payload["interactive"]["action"]["buttons"]]
    assert buttons == [{"id": "yes:7", "title": "Sí"}, {"id": "no:7", "title": "No"}]


@pytest.mark.parametrize(("language", "titles"), [("en", ["Yes", "No"]), ("pt", ["Sim", "Não"])])
def test_the_buttons_speak_the_replys_language(language, titles):
    (part,) = render_reply(text="OK?", question="OK?", message_id=7, language=language)
    assert [one["reply"]["title"] for one in part.payload["interactive"]["action"]["buttons"]] == titles


def test_a_long_text_comes_before_its_question():
    text = "Una frase larga. " * 100 + "¿Lo cambio?"
    first, last = render_reply(text=text, question="¿Lo cambio?", message_id=7, language="es")
    assert first.payload["type"] == "text"
    assert last.payload["interactive"]["body"]["text"] == "¿Lo cambio?"
    assert "¿Lo cambio?" not in first.payload["text"]["body"]


def test_options_become_a_list():
    options = [Option(f"product:{n}", f"Producto {n} de un nombre muy largo", "d" * 90) for n in range(14)]
    (part,) = render_reply(text="Tenemos:", options=[*options[:1], *options], message_id=7, language="es")
    (section,) = part.payload["interactive"]["action"]["sections"]
    assert [row["id"] for row in section["rows"]] == [f"product:{n}" for n in range(10)]
    assert all(len(row["title"]) <= 24 and len(row["description"]) <= 72 for row in section["rows"])
    assert len(part.payload["interactive"]["action"]["button"]) <= 20


@settings(max_examples=100, deadline=None)
@example("\x1f", [], False)
@given(
    st.text(min_size=1, max_size=4000),
    st.lists(
        st.builds(Option, id=st.text(max_size=300), title=st.text(max_size=60), description=st.text(max_size=200)),
        max_size=14,
    ),
    st.booleans(),
)
def test_nothing_is_over_whatsapps_limits(text, options, asks):
    question = text[-40:] if asks else ""
    for part in render_reply(text=text, question=question, options=options, message_id=1, language="es"):
        if part.payload["type"] == "text":
            assert 0 < units(part.payload["text"]["body"]) <= 4096
            continue
        interactive = part.payload["interactive"]
        assert 0 < units(interactive["body"]["text"]) <= 1024
        for button in interactive["action"].get("buttons", ()):
            assert 0 < units(button["reply"]["title"]) <= 20
        for section in interactive["action"].get("sections", ()):
            assert 0 < len(section["rows"]) <= 10
            for row in section["rows"]:
                assert 0 < len(row["id"]) <= 200
                assert 0 < units(row["title"]) <= 24
                assert units(row.get("description", "")) <= 72


def test_buttons_stand_below_what_they_are_about():
    buttons = [("order-approve:3", "Aprobar"), ("order-reject:3", "Rechazar")]
    (part,) = render_reply(text="Pedido 3", buttons=buttons, message_id=7, language="es")
    assert [one["reply"]["id"] for one in part.payload["interactive"]["action"]["buttons"]] == [
        id_ for id_, _ in buttons
    ]
    *before, part = render_reply(text="Línea larga. " * 120, buttons=buttons, message_id=7, language="es")
    assert len(before) == 1
    assert part.payload["type"] == "interactive"


def test_header_and_footer_are_cut():
    part = rendering.buttons_part("Hola", [("a", "b")] * 5, header="h" * 99, footer="f" * 99)
    assert len(part.payload["interactive"]["header"]["text"]) == 60
    assert len(part.payload["interactive"]["footer"]["text"]) == 60
    assert len(part.payload["interactive"]["action"]["buttons"]) == 3
