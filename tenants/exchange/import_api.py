"""The API of imports: a file is sent, seen as it is read, corrected, carried out, stopped, undone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import IO, Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from tenants.contract import StrictJSONParser
from tenants.errors import Conflict, TooLarge
from tenants.exchange import drafting, reports, running
from tenants.exchange.faults import Unreadable
from tenants.exchange.import_serializers import (
    ImportJobSerializer,
    JobSerializer,
    NewImportSerializer,
    NoFieldsSerializer,
    PastImportSerializer,
    PreviewParameters,
    PreviewSerializer,
    ReadingSerializer,
    StartSerializer,
    show_job,
    show_row,
)
from tenants.exchange.kinds import kind_of
from tenants.exchange.sources import CONTENT_TYPES
from tenants.idempotency import effect
from tenants.models import ImportJob, User

LONGEST_WAIT = 30  # seconds
USUAL_WAIT = 20
LOOK_AGAIN_SECONDS = 0.1
_wait = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,4})\"?(?=$|[,;\s])")
_how = ("mode", "on_match")

ERROR = inline_serializer("ImportConflict", {"detail": serializers.CharField()})
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description=f"`wait=N`: wait N seconds for the end, {USUAL_WAIT} unless said, {LONGEST_WAIT} at most.",
    examples=[OpenApiExample("wait", value="wait=20")],
)
SHOWN_JOB = {
    "id": 7,
    "kind": "products",
    "status": "draft",
    "file_name": "precios.csv",
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ";",
    "decimal": ",",
    "date_order": "dmy",
    "sheet": "",
    "sheets": [],
    "header_row": 1,
    "columns": [
        {"index": 0, "name": "Código", "samples": ["MAR-016"], "field": "sku"},
        {"index": 1, "name": "Artículo", "samples": ["Martillo de uña 16 oz"], "field": "name"},
        {"index": 2, "name": "Precio", "samples": ["$ 45.900,00"], "field": "price"},
    ],
    "fields": [{"name": "name", "label": "Nombre", "type": "text", "required": True}],
    "missing": [],
    "mode": "row_by_row",
    "on_match": "update",
    "dry_run": False,
    "rows": 5000,
    "done": 0,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "skipped": 0,
    "refused": 0,
    "undone": 0,
    "errors": [],
    "left": [],
    "detail": "",
    "created_at": "2026-11-23T09:15:00-05:00",
    "started_at": None,
    "finished_at": None,
    "can_undo": False,
}
JOB_EXAMPLE = OpenApiExample("import", value=SHOWN_JOB, response_only=True)


class FileParser(MultiPartParser):
    """multipart/form-data; one that breaks off is a 400."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return super().parse(stream, media_type, dict(parser_context) if parser_context else None)
        except (ValueError, UnicodeError) as fault:
            raise ParseError(_("El formulario no se puede leer.")) from fault


class ImportViewSet(GenericViewSet[ImportJob]):
    """My imports."""

    serializer_class = ImportJobSerializer
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[ImportJob]:
        return cast("QuerySet[ImportJob]", ImportJob.objects.all())

    def get_parsers(self) -> list[Any]:
        is_file = getattr(self, "action_map", {}).get("post") == "create" and self._is_post()
        return [FileParser()] if is_file else [StrictJSONParser()]

    def _is_post(self) -> bool:
        request = getattr(self, "request", None)
        return request is None or request.method == "POST"

    @extend_schema(operation_id="list_imports", responses=PastImportSerializer(many=True))
    def list(self, request: Request) -> Response:
        """My imports, the newest first, without their columns and errors."""
        page = self.paginate_queryset(self.get_queryset().order_by("-id")) or []
        return self.get_paginated_response(PastImportSerializer(page, many=True).data)

    @extend_schema(
        operation_id="create_import",
        request={"multipart/form-data": NewImportSerializer},
        responses={201: ImportJobSerializer},
        examples=[JOB_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Send a file and see how it is read: CSV, TSV, XLSX, ODS, of tasks and appointments ICS. Nothing is imported.

        Encoding, delimiter, decimal sign, order of dates, sheet, header and columns are found out; PATCH corrects them.
        """
        given = _checked(NewImportSerializer(data=request.data))
        job = _begin(cast(User, request.user), given.pop("kind"), given)
        return Response(show_job(job), status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="read_import", examples=[JOB_EXAMPLE])
    def retrieve(self, request: Request, pk: int) -> Response:
        """How an import is read, how far it is, and what came of it."""
        return Response(show_job(self.get_object()))

    @extend_schema(
        operation_id="change_import",
        request=ReadingSerializer,
        responses={200: ImportJobSerializer, 409: OpenApiResponse(ERROR, "It has begun, or is over.")},
        examples=[
            OpenApiExample("correct", value={"decimal": ",", "mapping": {"1": "price", "2": None}}, request_only=True),
            JOB_EXAMPLE,
        ],
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Read a draft differently. What is said of its columns is remembered for files with the same header."""
        job = self.get_object()
        given = _checked(ReadingSerializer(data=request.data, partial=True))
        if job.status != ImportJob.Status.DRAFT:
            raise Conflict(_("Esta importación ya empezó o ya terminó."))
        how = {name: given.pop(name) for name in _how if name in given}
        mapping = given.pop("mapping", None)
        job = _reading(drafting.change, user=cast(User, request.user), job=job, said=given, mapping=mapping, **how)
        return Response(show_job(job))

    @extend_schema(
        operation_id="delete_import",
        responses={204: None, 409: OpenApiResponse(ERROR, "It is running: stop it first.")},
    )
    def destroy(self, request: Request, pk: int) -> Response:
        """Forget an import, its file and its report. What it brought stays, and can no longer be undone."""
        job = self.get_object()
        if job.is_open:
            raise Conflict(_("Está en curso: detenla primero."))
        job.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="preview_import", parameters=[PreviewParameters], responses=PreviewSerializer)
    @action(detail=True, pagination_class=None)
    def preview(self, request: Request, pk: int) -> Response:
        """The rows as they would be read now, and what would become of each. Writes nothing."""
        asked = PreviewParameters(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        job, page, size = self.get_object(), asked.validated_data["page"], asked.validated_data["page_size"]
        user, kind = cast(User, request.user), kind_of(job.kind)
        rows = _reading(drafting.preview, user=user, job=job, start=(page - 1) * size, size=size)
        counts = _reading(drafting.count, user=user, job=job) if asked.validated_data["counts"] else None
        shown = [show_row(row, kind=kind) for row in rows]
        return Response({"count": job.rows, "page": page, "page_size": size, "counts": counts, "results": shown})

    @extend_schema(
        operation_id="start_import",
        request=StartSerializer,
        responses={
            200: ImportJobSerializer,
            409: OpenApiResponse(ERROR, "It has begun, or is over, or lacks a column."),
        },
        examples=[OpenApiExample("go through only", value={"dry_run": True}, request_only=True), JOB_EXAMPLE],
    )
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: int) -> Response:
        """Carry a draft out. With `dry_run` every row is gone through and none is written; it stays a draft."""
        job = self.get_object()
        given = _checked(StartSerializer(data=request.data))
        user = cast(User, request.user)
        return self._act(
            lambda: running.start(user=user, job=job, now=timezone.now(), dry_run=given.get("dry_run", False))
        )

    @extend_schema(
        operation_id="cancel_import",
        request=NoFieldsSerializer,
        responses={200: ImportJobSerializer, 409: OpenApiResponse(ERROR, "It is not running.")},
        examples=[JOB_EXAMPLE],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Stop an import. Rows that were written stay and can be undone; of `all_or_nothing` there are none."""
        job = self.get_object()
        _checked(NoFieldsSerializer(data=request.data))
        return self._act(lambda: running.cancel(job=job, now=timezone.now()))

    @extend_schema(
        operation_id="undo_import",
        request=NoFieldsSerializer,
        responses={200: ImportJobSerializer, 409: OpenApiResponse(ERROR, "There is nothing to undo.")},
        examples=[JOB_EXAMPLE],
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Take back what an import wrote. What was changed since is left alone; `left` says which rows."""
        job = self.get_object()
        _checked(NoFieldsSerializer(data=request.data))
        return self._act(lambda: running.undo(job=job, now=timezone.now()))

    @extend_schema(
        operation_id="download_import_errors",
        parameters=[OpenApiParameter("format", str, enum=["csv", "xlsx"], default="csv")],
        responses={
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, CONTENT_TYPES["xlsx"]): OpenApiTypes.BINARY,
        },
    )
    @action(detail=True, pagination_class=None)
    def errors(self, request: Request, pk: int) -> HttpResponse:
        """The refused rows as they came, and why: corrected, the file can be sent again as it is."""
        job = self.get_object()
        form = request.query_params.get("format") or "csv"
        if form not in ("csv", "xlsx"):
            raise ValidationError({"format": [_("Elige uno de estos formatos: %s.") % "csv, xlsx"]})
        file = BytesIO()
        reports.write_refused(user=cast(User, request.user), job=job, file=file, form=form)
        response = HttpResponse(file.getvalue(), content_type=CONTENT_TYPES[form])
        stem = slugify(job.file_name.rpartition(".")[0]) or "importacion"
        response["Content-Disposition"] = content_disposition_header(True, f"{stem}-errores.{form}") or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response

    def _act(self, act: Callable[[], ImportJob]) -> Response:
        try:
            job = act()
        except running.Refusal as fault:
            raise Conflict(str(fault)) from fault
        return Response(show_job(running.run_small(user=cast(User, self.request.user), job=job)))


class OneCallView(APIView):
    """A file imported by one request. Made by ``import_view``."""

    kind = ""
    parser_classes = [FileParser]

    def bring(self, request: Request) -> Response:
        given = _checked(JobSerializer(data=request.data))
        user, dry_run = cast(User, request.user), given.pop("dry_run", False)
        if given.pop("all_or_nothing", False):
            given["mode"] = ImportJob.Mode.ALL_OR_NOTHING
        with effect(request._request) as keep:
            job = _begin(user, self.kind, given)
            try:
                job = running.start(user=user, job=job, now=timezone.now(), dry_run=dry_run)
            except running.Refusal as fault:
                job.delete()
                raise ValidationError({"mapping": [str(fault)]}) from fault
            keep(Response(show_job(job), status=status.HTTP_202_ACCEPTED))
        running.run_small(user=user, job=job)
        wait = preferred_wait(request.headers.get("Prefer", ""))
        _wait_for(job, seconds=wait)
        code = status.HTTP_202_ACCEPTED if job.is_open else status.HTTP_200_OK
        return Response(show_job(job), status=code, headers={"Preference-Applied": f"wait={wait}"})


def import_view(kind: str, *, operation: str, text: str) -> Any:
    """The view that imports a file of that kind in one call. ``text`` says in the schema what it takes."""

    @extend_schema(
        operation_id=operation,
        description=text,
        parameters=[PREFER],
        request={"multipart/form-data": JobSerializer},
        responses={
            200: OpenApiResponse(ImportJobSerializer, "It is over, or with `dry_run` gone through."),
            202: OpenApiResponse(
                ImportJobSerializer, "It is running; `GET /api/user/imports/{id}` tells how far it is."
            ),
        },
        examples=[JOB_EXAMPLE],
    )
    def post(self: OneCallView, request: Request) -> Response:
        return self.bring(request)

    name = f"{kind.title()}ImportView"
    return type(name, (OneCallView,), {"kind": kind, "post": post, "__doc__": text}).as_view()  # type: ignore[attr-defined]


def preferred_wait(header: str) -> int:
    """The seconds of ``wait`` in a Prefer header (RFC 7240), LONGEST_WAIT at most; USUAL_WAIT without it."""
    found = _wait.search(header)
    return min(int(found[1]), LONGEST_WAIT) if found else USUAL_WAIT


def _wait_for(job: ImportJob, *, seconds: float) -> None:
    until, pause = time.monotonic() + seconds, LOOK_AGAIN_SECONDS
    while job.is_open and time.monotonic() < until:
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
        job.refresh_from_db()


def _begin(user: User, kind: str, given: dict[str, Any]) -> ImportJob:
    file = given.pop("file")
    most = settings.IMPORTS["FILE_MB"]
    if file.size > most * 1024 * 1024:
        raise TooLarge(_("El archivo pasa de %(n)d MB.") % {"n": most})
    how = {name: given.pop(name) for name in _how if name in given}
    mapping = given.pop("mapping", None)
    return _reading(
        drafting.begin,
        user=user,
        kind=kind_of(kind),
        file=file,
        name=file.name or "",
        size=file.size,
        said=given,
        mapping=mapping,
        **how,
    )


def _reading(read: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return read(**arguments)
    except Unreadable as fault:
        raise ValidationError({"file": [str(fault)]}) from fault


def _checked(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
