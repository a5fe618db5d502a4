"""A business's logo: what stands at the head of the papers that it hands out.

Whatever is sent is drawn anew as a PNG of a modest size: nothing of a stranger's file is kept or shown.
"""

from __future__ import annotations

import base64
import io
import warnings
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.events import record
from tenants.ownership import TenantOwned

MOST_BYTES = 2 * 1024 * 1024  # of the file
MOST_PIXELS = 25_000_000  # before anything of it is unpacked
LONGEST_SIDE = 600  # pixels that are kept: more than a printer shows of two centimetres
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class Logo(TenantOwned):
    """One of a tenant at most. ``content`` is a PNG in base64, so that it is in every export of the account."""

    content = models.TextField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenants"
        verbose_name = gettext_lazy("logo")
        verbose_name_plural = gettext_lazy("logos")
        constraints = [models.UniqueConstraint(fields=["user"], name="logo_one_per_tenant")]

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"

    @property
    def png(self) -> bytes:
        return base64.b64decode(self.content)

    @property
    def address(self) -> str:
        """The picture itself as an address, for pages."""
        return f"data:image/png;base64,{self.content}"


def current() -> Logo | None:
    """That of the tenant whose scope is open."""
    return Logo.objects.first()


def keep(*, user: Any, file: BinaryIO) -> Logo:
    """Let the picture in ``file`` be the tenant's logo. In its open scope. Raises ValidationError by field."""
    content, width, height = _drawn_anew(file.read(MOST_BYTES + 1))
    with transaction.atomic():
        logo, _is_new = Logo.objects.update_or_create(
            user=user, defaults={"content": base64.b64encode(content).decode(), "width": width, "height": height}
        )
        record("preferences_changed", fields=["logo"])
    return logo


def remove() -> None:
    """The tenant whose scope is open has none any more."""
    with transaction.atomic():
        if Logo.objects.all().delete()[0]:
            record("preferences_changed", fields=["logo"])


def _drawn_anew(data: bytes) -> tuple[bytes, int, int]:
    from PIL import Image, ImageOps  # some megabytes, for the processes that take one

    if len(data) > MOST_BYTES:
        raise ValidationError({"file": _("La imagen pasa de %d MB.") % (MOST_BYTES // 1024**2)})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as given:
                if given.width * given.height > MOST_PIXELS:
                    raise ValidationError({"file": _("La imagen es demasiado grande. Hazla más pequeña.")})
                picture = ImageOps.exif_transpose(given).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        told = _("No es una imagen que podamos leer. Usa PNG, JPEG o WebP.")
        raise ValidationError({"file": told}) from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue(), picture.width, picture.height
