"""What every page of the superadmin's site shares: it writes down what is done there, and overwrites nobody's work.

Django's own log of its admin is not written: the audit holds what it held, and what was there before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from tenants.audit import AuditEntry, audit
from tenants.fields import EncryptedTextField

if TYPE_CHECKING:
    from tenants.models import User

    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin  # not subscriptable at run time

HIDDEN = "•••"  # what stands in the audit for a secret; an empty one is shown as empty
MOST_SHOWN = 1000  # characters of one value

Values = dict[str, Any]


def audits_itself(action: Callable[..., Any]) -> Callable[..., Any]:
    """Mark an action whose domain call writes its own entries, or opens a scope, which no transaction may surround."""
    action.audits_itself = True  # type: ignore[attr-defined]
    return action


class LoadedField(forms.CharField):
    """Hidden: which values the page was made of. Shown again, it names those of now."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


class LoadedForm:
    """Mixed into the form of a row that exists: refuses to save over what somebody else saved since it was loaded.

    What the other one changed then stands in its fields; the message says what was there to be written instead.
    """

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    instance: models.Model
    initial: dict[str, Any]
    data: Any
    stamped: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {name for name, field in self.fields.items() if not field.disabled}
        self.stamped = [
            field.name
            for field in self.instance._meta.concrete_fields
            if field.name in names or isinstance(field, EncryptedTextField)
        ]
        self.fields["loaded"] = LoadedField(required=False, initial=stamp(self.instance, self.stamped))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc]
        now, then = _read_stamp(self.fields["loaded"].initial), _read_stamp(cleaned.get("loaded"))
        changed = [name for name in self.stamped if name in then and then[name] != now[name]]
        if changed:
            raise ValidationError([self._refusal(), *(self._told(name, cleaned) for name in changed)])
        return cleaned

    def _refusal(self) -> str:
        last = _entries_of(self.instance).first()
        who = last.actor_name if last is not None and last.actor_name else _("Alguien")
        return _("%(who)s guardó cambios aquí mientras editabas, y lo tuyo no se guardó. Revisa y guarda de nuevo.") % {
            "who": who
        }

    def _told(self, name: str, cleaned: dict[str, Any]) -> str:
        field: Any = self.instance._meta.get_field(name)
        label = force_str(field.verbose_name)
        if name not in self.fields or is_secret(field):
            return _("%(field)s: cambió.") % {"field": label}
        self.fields[name].bound_data = lambda data, initial: initial  # type: ignore[method-assign]
        words = {"field": label, "now": self._in_words(name, self.initial.get(name)), "wanted": ""}
        if name not in cleaned or cleaned[name] == getattr(self.instance, name):
            return _("%(field)s: ahora es «%(now)s».") % words
        words["wanted"] = self._in_words(name, cleaned[name])
        return _("%(field)s: ahora es «%(now)s»; tú tenías «%(wanted)s».") % words

    def _in_words(self, name: str, value: Any) -> str:
        choices = dict(getattr(self.fields[name], "choices", None) or [])
        value = value.pk if isinstance(value, models.Model) else value
        if isinstance(value, bool):
            return _("sí") if value else _("no")
        return force_str(choices.get(value, "" if value is None else value))[:200]


class AuditedAdmin(_ModelAdmin):
    """Each addition, change, deletion and action leaves an AuditEntry in its own transaction; of two people who save
    at once the second one is told what changed. A reason that was given on the page is kept."""

    secret_fields: Sequence[str] = ()  # beside encrypted ones and passwords: the audit says only that they changed

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST":
            return row
        if connection.in_atomic_block:  # whoever saves this row at the same moment waits here
            try:
                row.refresh_from_db(from_queryset=self.model._base_manager.select_for_update(of=("self",)))
            except ObjectDoesNotExist:
                return None
        row._as_loaded = self.values(row)
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return form if obj is None else type(form.__name__, (LoadedForm, form), {})

    def values(self, row: models.Model) -> Values:
        """What ``row`` holds, ready to be compared and written down."""
        return read_values(row, secret_fields=self.secret_fields)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        told = {name: [None, _shown(value)] for name, value in self.values(obj).items() if value not in (None, "")}
        return self.write_down(request, "added", obj, told)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes = changes_between(getattr(obj, "_as_loaded", {}), self.values(obj))
        return self.write_down(request, "changed", obj, changes) if changes or message else None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [
            self.write_down(
                request,
                "deleted",
                row,
                {name: [_shown(value), None] for name, value in self.values(row).items() if value not in (None, "")},
            )
            for row in queryset
        ]

    def write_down(self, request: HttpRequest, action: str, row: models.Model, changes: dict[str, Any]) -> AuditEntry:
        """Leave one entry in the caller's transaction: who asks did ``action`` to ``row``."""
        return audit(
            actor=cast("User", request.user),
            action=action,
            target=row,
            reason=request.POST.get("_reason", "").strip(),
            changes=changes,
        )

    def get_actions(self, request: HttpRequest) -> Any:
        found: dict[str, tuple[Any, str, str]] = super().get_actions(request)  # type: ignore[assignment]
        return {name: (self._audited(name, action), name, words) for name, (action, _name, words) in found.items()}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A row's history is what the audit says of it."""
        target = {"target_type__exact": self.model._meta.label_lower, "target_id__exact": object_id}
        return HttpResponseRedirect(f"{reverse('admin:tenants_auditentry_changelist')}?{urlencode(target)}")

    def _audited(self, name: str, action: Callable[..., Any]) -> Callable[..., Any]:
        if getattr(action, "audits_itself", False):
            return action

        @wraps(action)
        def run(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
            with transaction.atomic():
                if name == "delete_selected":  # which calls log_deletions
                    return action(modeladmin, request, queryset)
                chosen = [row.pk for row in queryset]
                rows = self.model._base_manager.filter(pk__in=chosen)
                before = {row.pk: self.values(row) for row in rows.select_for_update(of=("self",))}
                answer = action(modeladmin, request, queryset)
                for row in rows.all():
                    changes = changes_between(before.get(row.pk, {}), self.values(row))
                    if changes or answer is None:  # a page that asks once more has done nothing yet
                        self.write_down(request, name, row, changes)
                return answer

        return run


class ReadOnlyAdmin(AuditedAdmin):
    """Rows to be looked at. Actions may still do something to them, and are audited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def is_secret(field: Any) -> bool:
    """Whether a field's values are never to be shown."""
    return isinstance(field, EncryptedTextField) or field.name in {"password", "secret", "digest"}


class _Secret(str):
    """The digest of a secret: two may be compared, and none is shown."""


def read_values(row: models.Model, *, secret_fields: Sequence[str] = ()) -> Values:
    """{field: value} of what people decide about ``row``: no key, nothing that the database or a clock fills in."""
    values: Values = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.generated or getattr(field, "auto_now", False):
            continue
        value = getattr(row, field.attname)
        if is_secret(field) or field.name in secret_fields:
            value = _Secret(_digest(value)) if value else ""
        elif isinstance(field, models.ForeignKey) and value is not None:
            try:
                value = str(getattr(row, field.name))
            except ObjectDoesNotExist:  # another tenant's, or gone
                value = str(value)
        values[field.name] = value
    return values


def changes_between(before: Values, after: Values) -> dict[str, list[Any]]:
    """{field: [before, after]} of what differs, without secrets."""
    return {
        name: [_shown(before.get(name)), _shown(value)]
        for name, value in after.items()
        if name in before and before[name] != value
    }


def stamp(row: models.Model, names: Sequence[str]) -> str:
    """A digest for each of the named fields, from which no value can be read."""
    digests = {name: _digest(getattr(row, row._meta.get_field(name).attname)) for name in names}  # type: ignore[union-attr]
    return json.dumps(digests, separators=(",", ":"))


def _read_stamp(text: Any) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _digest(value: Any) -> str:
    return salted_hmac("tenants.auditing", repr(value)).hexdigest()[:20]


def _shown(value: Any) -> Any:
    if isinstance(value, _Secret):
        return HIDDEN
    return value[:MOST_SHOWN] if isinstance(value, str) else value


def _entries_of(row: models.Model) -> models.QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(target_type=row._meta.label_lower, target_id=str(row.pk)).order_by("-at", "-pk")
