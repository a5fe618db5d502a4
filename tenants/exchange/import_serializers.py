"""Shapes of imports: what comes in, and the one object that an import is everywhere."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.contract import StrictFields, Text, Whole
from tenants.exchange.columns import name_column, title_of
from tenants.exchange.delimited import DELIMITERS
from tenants.exchange.judging import Judged
from tenants.exchange.kinds import Kind, kind_of, kinds
from tenants.exchange.reasons import say
from tenants.exchange.row_errors import show_error
from tenants.exchange.running import may_be_undone
from tenants.exchange.sniffing import ENCODINGS
from tenants.exchange.values import write_cell
from tenants.models import ImportJob

MOST_MAPPED = 1000


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": ["string", "null"]},
        "description": 'By a column\'s index its field, or null to leave it out: {"0": "sku", "3": null}.',
    }
)
class MappingField(serializers.Field[Any, Any, Any, Any]):
    """By a column's index its field, or null; in a form, as a text of JSON."""

    wrong = _("Escribe de cada columna su campo, por ejemplo «0»: «sku», o nada para dejarla.")

    def to_internal_value(self, data: Any) -> dict[int, str | None]:
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError) as fault:
                raise serializers.ValidationError(self.wrong) from fault
        if not isinstance(data, dict) or len(data) > MOST_MAPPED:
            raise serializers.ValidationError(self.wrong)
        found: dict[int, str | None] = {}
        for index, name in data.items():
            is_index = isinstance(index, str) and index.isascii() and index.isdigit() and len(index) <= 6
            if not is_index or not (name is None or isinstance(name, str)):
                raise serializers.ValidationError(self.wrong)
            found[int(index)] = name or None
        return found

    def to_representation(self, value: Any) -> Any:
        return value


class HowSerializer(StrictFields):
    """How a file is read, and what is done with its rows."""

    encoding = serializers.ChoiceField(
        choices=list(ENCODINGS), required=False, help_text="Of a text. Found out unless said."
    )
    delimiter = serializers.ChoiceField(
        choices=list(DELIMITERS), required=False, help_text="What parts the columns of a text. Found out unless said."
    )
    decimal = serializers.ChoiceField(
        choices=[".", ","], required=False, help_text="Decides where a number leaves it open: 1.234."
    )
    date_order = serializers.ChoiceField(
        choices=["dmy", "mdy", "ymd"], required=False, help_text="Decides where a date leaves it open: 03/04/2026."
    )
    sheet = Text(max_length=200, required=False, trim_whitespace=False, help_text="Of a workbook, by its name.")
    header_row = Whole(
        min_value=0, max_value=10_000, required=False, help_text="The row of the titles; 0: there are none."
    )
    mapping = MappingField(required=False)
    mode = serializers.ChoiceField(
        choices=ImportJob.Mode.choices,
        required=False,
        help_text="row_by_row (unless said): what can be read goes in. all_or_nothing: one wrong row, and none does.",
    )
    on_match = serializers.ChoiceField(
        choices=ImportJob.OnMatch.choices,
        required=False,
        help_text="update (unless said): what there is already gets the file's values. skip: it stays as it is.",
    )


class ReadingSerializer(HowSerializer):
    """What is to be read differently."""


class JobSerializer(HowSerializer):
    """A file, and what is done with it at once."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000, use_url=False)
    dry_run = serializers.BooleanField(required=False, help_text="Go through all rows and write none.")
    all_or_nothing = serializers.BooleanField(required=False, help_text="The same as mode=all_or_nothing.")


class NewImportSerializer(HowSerializer):
    """A file of one kind."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000, use_url=False)
    kind = serializers.ChoiceField(choices=["products", "contacts", "tasks", "appointments"])

    def validate_kind(self, value: str) -> str:
        if value not in {kind.name for kind in kinds()}:
            raise serializers.ValidationError(_("Aquí no se puede importar eso."))
        return value


class StartSerializer(StrictFields):
    dry_run = serializers.BooleanField(required=False, help_text="Go through all rows and write none.")


class NoFieldsSerializer(StrictFields):
    """Nothing."""


class PreviewParameters(serializers.Serializer[Any]):
    page = Whole(min_value=1, max_value=10**9, default=1)
    page_size = Whole(min_value=1, max_value=200, default=50)
    counts = serializers.BooleanField(default=False, help_text="Count what would become of all rows, too.")


class ColumnSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    name = serializers.CharField(help_text="Its title; without titles «Columna A».")
    samples = serializers.ListField(child=serializers.CharField())
    field = serializers.CharField(allow_null=True, help_text="What it is; null: it is left out.")


class KindFieldSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField(help_text="In your language.")  # type: ignore[assignment]
    type = serializers.CharField()
    required = serializers.BooleanField(help_text="A new row needs it.")  # type: ignore[assignment]


class RowErrorSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="As a spreadsheet counts.")
    column = serializers.CharField(
        allow_blank=True, help_text="Its title in the file, else its letter; our name of a field that no column is."
    )
    field = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True, help_text="What the cell says, the first 200 letters.")
    code = serializers.CharField(allow_blank=True, help_text="What is wrong, for programs; «» in imports of old.")
    message = serializers.CharField(help_text="The same in your language.")


class LeftRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(help_text="In your language.")


class PastImportSerializer(serializers.ModelSerializer[ImportJob]):
    """An import, in short."""

    can_undo = serializers.SerializerMethodField()
    detail = serializers.SerializerMethodField(help_text="Why it failed, in your language.")

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "kind",
            "status",
            "file_name",
            "format",
            "mode",
            "on_match",
            "dry_run",
            "rows",
            "done",
            "created",
            "updated",
            "unchanged",
            "skipped",
            "refused",
            "undone",
            "detail",
            "created_at",
            "started_at",
            "finished_at",
            "can_undo",
        ]
        read_only_fields = fields

    def get_can_undo(self, job: ImportJob) -> bool:
        return may_be_undone(job, now=timezone.now())

    def get_detail(self, job: ImportJob) -> str:
        return _say_why(job)


class ImportJobSerializer(PastImportSerializer):
    """An import: how its file is read, how far it is, and what came of it."""

    columns = ColumnSerializer(many=True, read_only=True)
    missing = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Fields that something new needs and no column is."
    )
    sheets = serializers.ListField(child=serializers.CharField(), read_only=True)
    errors = RowErrorSerializer(many=True, read_only=True, help_text="Of refused rows, the first hundred.")  # type: ignore[assignment]
    left = LeftRowSerializer(many=True, read_only=True, help_text="What undoing left alone, the first hundred.")

    class Meta(PastImportSerializer.Meta):
        fields = [
            *PastImportSerializer.Meta.fields,
            "encoding",
            "delimiter",
            "decimal",
            "date_order",
            "sheet",
            "sheets",
            "header_row",
            "columns",
            "missing",
            "errors",
            "left",
        ]
        read_only_fields = fields

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["fields"] = KindFieldSerializer(many=True, read_only=True, help_text="What a column may be.")
        return found


class PreviewRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    action = serializers.ChoiceField(choices=["create", "update", "unchanged", "skip", "refuse"])
    values = serializers.DictField(
        child=serializers.JSONField(allow_null=True), help_text="By field, as they are read."
    )
    errors = RowErrorSerializer(many=True)  # type: ignore[assignment]


class PreviewCountsSerializer(serializers.Serializer[Any]):
    """How many rows would become what."""

    create = serializers.IntegerField()  # type: ignore[assignment]
    update = serializers.IntegerField()  # type: ignore[assignment]
    unchanged = serializers.IntegerField()
    skip = serializers.IntegerField()
    refuse = serializers.IntegerField()


class PreviewSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(allow_null=True, help_text="Rows in all; null while nobody has counted them.")
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    counts = PreviewCountsSerializer(
        allow_null=True, help_text="With `counts=true`; null where there are more rows than can be counted at once."
    )
    results = PreviewRowSerializer(many=True)


def show_job(job: ImportJob) -> dict[str, Any]:
    """The JSON object of an import."""
    kind = kind_of(job.kind)
    mapped = {column["field"] for column in job.columns}
    shown = {
        name: getattr(job, name)
        for name in ImportJobSerializer.Meta.fields
        if name not in ("can_undo", "missing", "detail", "created_at", "started_at", "finished_at")
    }
    shown["columns"] = [{**one, "name": name_column(one["name"], one["index"])} for one in job.columns]
    shown["errors"] = [show_error(one, kind=kind) for one in job.errors]
    shown["left"] = [
        {"row": one["row"], "code": one.get("code", ""), "message": say(one, words=kind.reasons)} for one in job.left
    ]
    shown["detail"] = _say_why(job)
    for name in ("created_at", "started_at", "finished_at"):
        shown[name] = _moment(getattr(job, name))
    shown["can_undo"] = may_be_undone(job, now=timezone.now())
    shown["missing"] = [title_of(one) for one in kind.fields if one.required and one.name not in mapped]
    shown["fields"] = [
        {"name": one.name, "label": title_of(one), "type": one.type, "required": one.required} for one in kind.fields
    ]
    return shown


def show_row(judged: Judged, *, kind: Kind) -> dict[str, Any]:
    """A row of the preview."""
    values = judged.row.values if judged.row is not None else {}
    return {
        "row": judged.number,
        "action": judged.action,
        "values": {name: _as_json(value) for name, value in values.items()},
        "errors": [show_error(one, kind=kind) for one in judged.errors],
    }


def _say_why(job: ImportJob) -> str:
    return say(job.why, words=kind_of(job.kind).reasons) if job.why else job.detail


def _as_json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [str(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else write_cell(value)


def _moment(value: Any) -> str | None:
    return value.astimezone(timezone.get_current_timezone()).isoformat().replace("+00:00", "Z") if value else None
