"""Letters hold what people wrote, and nothing that they wrote becomes a header or markup."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.mail import EmailMessage, send_mail
from django.db import transaction
from django.template.loader import get_template

from messaging.mail.storing import WrongLetter
from messaging.models import Letter
from tenants import mail
from tenants.scope import tenant_scope
from tests.messaging.mail.posting import drain, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bobs")]


class TestWriting:
    def test_a_line_break_begins_no_header(self, alice, server):
        title = "Compra\r\nBcc: todos@example.com\n\nhola\u2028x\x0b\x00y"
        post(alice, title=title)
        drain()
        [arrived] = server.letters
        assert arrived.message["Bcc"] is None
        assert arrived.subject == "Compra Bcc: todos@example.com hola x y"
        assert [letter.recipient for letter in server.letters] == [alice.email]

    def test_nor_does_it_in_a_senders_name_or_a_header(self, alice, server):
        for sender in ("Tienda\nBcc: x@example.com <no-reply@example.com>", "Tienda", "a: b@c", "x" * 400 + "@b.co"):
            with pytest.raises(WrongLetter), transaction.atomic():
                EmailMessage("Hola", "texto", sender, [alice.email]).send()
        letter = EmailMessage("Hola", "texto", "Ñandú «La Tuerca» <no-reply@example.com>", [alice.email])
        letter.reply_to = ["ana@example.com\r\nX-Evil: 1"]
        letter.extra_headers = {"X-Shop": "uno\r\nX-Evil: 1", "Bcc": "x@example.com"}
        with transaction.atomic():
            letter.send()
        drain()
        message = server.letters[0].message
        assert (message["Bcc"], message["X-Evil"]) == (None, None)
        assert len(server.letters) == 1
        assert message["From"] == "Ñandú «La Tuerca» <no-reply@example.com>"

    def test_what_no_server_would_take_is_given_up_and_not_unknown(self, alice, server):
        post(alice)
        with tenant_scope(alice):
            Letter.objects.update(sender="a: b <no-reply@example.com>")
        assert drain() == {"failed": 1}
        assert server.letters == []

    def test_a_subject_without_end_is_cut_and_one_in_any_script_arrives(self, alice, server):
        for title in ("ñ" * 5000, "Δοκιμή 測試 🎉 اختبار"):
            post(alice, title=title)
        drain()
        assert {letter.subject for letter in server.letters} == {"ñ" * 199 + "…", "Δοκιμή 測試 🎉 اختبار"}

    def test_a_domain_in_any_script_is_written_to_and_a_name_in_one_is_refused(self, alice, server):
        send_mail("Hola", "texto", None, ["tienda@café.example", "josé@example.com"])
        assert drain() == {"sent": 1, "failed": 1}
        assert [letter.recipient for letter in server.letters] == ["tienda@xn--caf-dma.example"]

    def test_what_people_wrote_is_text_in_html(self, alice, server):
        title = '<script>alert(1)</script> "&'
        post(alice, title=title)
        drain()
        assert "<script>" not in server.letters[0].html
        assert title in server.letters[0].text  # nothing is escaped where nothing has to be

    def test_a_letter_can_be_read_in_the_dark(self, alice):
        html = mail.compose(user=alice, kind="test", template="test").alternatives[0][0]
        assert '<meta name="color-scheme" content="light dark">' in html
        assert "prefers-color-scheme: dark" in html
        assert "#fff;" not in html
        assert "http" not in re.sub(r'(xmlns="[^"]*"|href="[^"]*")', "", html), "nothing is fetched from anywhere"

    @pytest.mark.parametrize(
        "path", sorted((settings.BASE_DIR / "templates/mail").glob("*.txt")), ids=lambda path: path.stem
    )
    def test_every_letter_has_both_forms_that_can_be_read(self, path):
        head, body = mail._parts(f"mail/{path.name}")
        assert body.nodelist
        if path.stem != "footer":
            assert head.nodelist
            assert "mail/base.html" in (path.with_suffix(".html")).read_text()
            get_template(f"mail/{path.stem}.html")

    @pytest.mark.parametrize("kind", ["nonsense", "", "ALERT"])
    def test_an_unknown_kind_is_refused(self, alice, kind):
        with pytest.raises(ValueError, match=f"'{kind}' is not a valid"):
            mail.compose(user=alice, kind=kind, template="test")
