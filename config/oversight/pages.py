"""What the superadmin's lists of many rows share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenants.auditing import ReadOnlyAdmin
from tenants.oversight import PlatformAdmin

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator  # not subscriptable at run time

MOST_COUNTED = 10_000


def column(name: str, words: Any) -> Any:
    """A column that shows the field ``name`` under ``words``, for models that have no words for it; of a choice its
    own."""

    @admin.display(description=words, ordering=name)
    def show(row: Any) -> Any:
        told = getattr(row, f"get_{name}_display", None)
        value = told() if told is not None else getattr(row, name)
        return "—" if value in (None, "") else value

    return show


# Of several models.
CREATED = column("created_at", _("cuándo"))
ACCOUNT = column("user", _("cuenta"))
KIND = column("kind", _("tipo"))
STATUS = column("status", _("estado"))
ATTEMPTS = column("attempts", _("intentos"))


class ShortPaginator(_Paginator):
    """Counts up to MOST_COUNTED rows: nobody pages through a million, and counting them takes a second."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[:MOST_COUNTED].count())  # type: ignore[attr-defined]


class WatchAdmin(PlatformAdmin, ReadOnlyAdmin):
    """Rows of all tenants, the newest first, to be looked at."""

    ordering = ("-pk",)
    list_per_page = 50
    paginator = ShortPaginator
    show_full_result_count = False
    actions: Any = None
    search_help_text: ClassVar[Any] = _("El usuario de una cuenta, entero")


class ListAdmin(WatchAdmin):
    """Rows whose own pages would show what somebody wrote: they have none."""

    list_display_links = None

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
