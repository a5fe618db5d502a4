"""A business's logo: drawn anew from whatever picture is sent, and shown on its papers."""

from __future__ import annotations

import base64
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tenants import logos
from tenants.models import Event, Logo
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/api/user/logo"
NONE = {"url": None, "width": None, "height": None}


def picture(form: str = "PNG", size: tuple[int, int] = (900, 300), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#aa3300").save(out, form, **options)
    return out.getvalue()


def put(client, data: bytes, name: str = "logo.png"):
    return client.put(PATH, {"file": SimpleUploadedFile(name, data)}, format="multipart")


def shown(answer: dict) -> Image.Image:
    head, _comma, content = answer["url"].partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_a_small_png(alice, bob, api, form):
    client, theirs = api(alice), api(bob)
    assert client.get(PATH).json() == NONE
    answer = put(client, picture(form))
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["width"], answer.json()["height"]) == (600, 200)
    assert shown(answer.json()).size == (600, 200)
    assert client.get(PATH).json() == answer.json()
    assert theirs.get(PATH).json() == NONE
    assert theirs.delete(PATH).status_code == 204
    assert client.get(PATH).json() == answer.json()
    assert client.delete(PATH).status_code == 204
    assert client.get(PATH).json() == NONE
    with tenant_scope(alice):
        assert [event.data for event in Event.objects.filter(name="preferences_changed")] == [{"fields": ["logo"]}] * 2


def test_nothing_of_the_file_is_kept_beside_its_pixels(alice, api):
    exif = Image.Exif()
    exif[0x010E] = "Calle 10, casa de Alicia"  # ImageDescription
    exif[0x0112] = 6  # turned by a quarter
    answer = put(api(alice), picture("JPEG", (400, 100), exif=exif))
    assert (answer.json()["width"], answer.json()["height"]) == (100, 400)
    with tenant_scope(alice):
        assert b"Calle 10" not in Logo.objects.get().png


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7 no picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        picture()[:200],
        picture("BMP"),
        picture("PNG", (6000, 5000)),
        b"x" * (logos.MOST_BYTES + 1),
    ],
    ids=["empty", "pdf", "svg", "cut off", "bmp", "30 megapixels", "too long"],
)
def test_what_is_no_logo_is_refused(alice, api, data):
    client = api(alice)
    assert put(client, picture()).status_code == 200
    answer = put(client, data)
    assert (answer.status_code, list(answer.json())) == (400, ["file"])
    assert client.get(PATH).json()["width"] == 600


def test_a_price_list_carries_it(alice, api):
    client = api(alice)
    with tenant_scope(alice):
        factories.product(alice)
    path = "/api/user/products/export?format=pdf"
    assert b"/Subtype /Image" not in b"".join(client.get(path).streaming_content)
    put(client, picture())
    assert b"/Subtype /Image" in b"".join(client.get(path).streaming_content)
