"""The API of exports: a list as a file at once, and large ones that the queue writes."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.contract import StrictFields, Text
from tenants.errors import Conflict
from tenants.events import record
from tenants.exchange import export_links, exports
from tenants.exchange.export_jobs import ExportJob
from tenants.exchange.sources import CONTENT_TYPES, source_of
from tenants.exchange.writers import TooManyRows
from tenants.models import User

PIECE = 64 * 1024  # bytes
PRICES = {"what": "products", "format": "xlsx", "filters": {"category": "Herramientas"}}


class Gone(APIException):
    status_code = status.HTTP_410_GONE
    default_code = "gone"


class ExportView(APIView):
    """A list as a file, written while one waits. Made by ``export_view``."""

    source: str = ""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # Whoever accepts text/csv alone still gets errors as JSON, not a 406.
        return JSONRenderer(), JSONRenderer.media_type

    def export(self, request: Request) -> HttpResponseBase:
        source, user, now = source_of(self.source), cast(User, request.user), timezone.now()
        form = request.query_params.get("format") or source.formats[0]
        exports.check_format(source=source, form=form)
        filters = source.read_filters(request.query_params.dict())
        if source.count(user=user, filters=filters, form=form) > exports.MOST_AT_ONCE[form]:
            raise _too_many(exports.MOST_AT_ONCE[form])
        name = source.file_name(form=form, day=timezone.localtime(now), filters=filters)
        if request.method == "HEAD":
            return _described(HttpResponse(), form=form, name=name)
        file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  (the answer closes it)
        try:
            rows = source.write(user=user, filters=filters, form=form, file=file, now=now)
            record("data_exported", at=now, what=source.name, format=form, rows=rows)
        except TooManyRows as fault:
            file.close()
            raise _too_many(exports.MOST_AT_ONCE[form]) from fault
        except BaseException:
            file.close()
            raise
        return send_file(file, form=form, name=name)


def export_view(
    source: str, *, operation: str, filters: type[serializers.Serializer[Any]], formats: tuple[str, ...], text: str
) -> Any:
    """The view of one list. ``text`` says in the schema what it gives."""
    form = OpenApiParameter("format", str, enum=formats, default=formats[0], description="Of the file.")
    files = {(200, CONTENT_TYPES[name].partition(";")[0]): OpenApiTypes.BINARY for name in formats}
    too_many = OpenApiResponse(
        OpenApiTypes.OBJECT,
        "A format or a filter is wrong, by its name. Or there are too many rows to wait for (`code` is"
        " `too_many_rows`): ask for the file with `POST /api/user/exports`.",
    )

    def get(self: ExportView, request: Request) -> HttpResponseBase:
        return self.export(request)

    get.__doc__ = text
    described = extend_schema(operation_id=operation, parameters=[form, filters], responses={**files, 400: too_many})
    made: Any = type("ExportView", (ExportView,), {"source": source, "get": described(get), "__doc__": text})
    return made.as_view()


class NewExportSerializer(StrictFields):
    """What is to be exported."""

    what = Text(max_length=20, help_text="products, contacts, tasks, appointments or conversations.")
    format = Text(max_length=4, help_text="csv, xlsx, and what else the list has: pdf, ics.")
    filters = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True),
        required=False,
        default=dict,
        help_text="The list's own, as in its query: {name: value}.",
    )


class ExportJobSerializer(serializers.ModelSerializer[ExportJob]):
    """An export that the queue writes, or wrote."""

    url = serializers.SerializerMethodField(help_text="Private: whoever knows it gets this file, until `expires_at`.")
    name = serializers.SerializerMethodField(help_text="What the file is called when it is saved.")
    rows = serializers.IntegerField(allow_null=True, help_text="There are to write, once that is known.")
    done = serializers.IntegerField(help_text="Rows that are written.")
    error = serializers.CharField(source="fault", help_text="Why there is no file; empty while nothing went wrong.")

    class Meta:
        model = ExportJob
        fields = [
            *("id", "what", "format", "filters", "status", "rows", "done", "size", "name", "url", "error"),
            *("created_at", "finished_at", "expires_at"),
        ]
        read_only_fields = fields

    def get_url(self, job: ExportJob) -> str | None:
        return export_links.address_of(job) if _is_there(job) else None

    def get_name(self, job: ExportJob) -> str:
        return exports.name_of(job, user=cast(User, self.context["request"].user))


class ExportsView(GenericAPIView[Any]):
    """Exports that are too large to wait for."""

    serializer_class = ExportJobSerializer

    @extend_schema(operation_id="list_exports", responses=ExportJobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """My exports, the latest first. Files are kept for a day."""
        page = self.paginate_queryset(ExportJob.objects.order_by("-id")) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="create_export",
        request=NewExportSerializer,
        responses={202: ExportJobSerializer},
        examples=[OpenApiExample("prices", value=PRICES, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Have a file written, however large. `GET /api/user/exports/{id}` says how far it is."""
        given = NewExportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        job = exports.ask(
            user=cast(User, request.user),
            what=asked["what"],
            form=asked["format"],
            filters=asked["filters"],
            now=timezone.now(),
        )
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)


class ExportDetailView(GenericAPIView[Any]):
    """One of them."""

    serializer_class = ExportJobSerializer

    @extend_schema(operation_id="read_export")
    def get(self, request: Request, pk: int) -> Response:
        """How far it is; and when it is done, where the file is."""
        return Response(self.get_serializer(get_object_or_404(ExportJob, pk=pk)).data)

    @extend_schema(operation_id="delete_export", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Stop writing it, or forget it with its file. Its address stops working."""
        exports.drop(job=get_object_or_404(ExportJob, pk=pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportFileView(APIView):
    """Its file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        operation_id="download_export",
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            409: OpenApiResponse(OpenApiTypes.OBJECT, "It is not written yet."),
            410: OpenApiResponse(OpenApiTypes.OBJECT, "It was kept for a day, or could not be written."),
        },
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """The file of an export. `url` in the export is an address that works without signing in, too."""
        job = get_object_or_404(ExportJob, pk=pk)
        if job.status in (ExportJob.Status.WAITING, ExportJob.Status.RUNNING):
            raise Conflict(_("Todavía se está preparando."))
        path = exports.path_of(job) if _is_there(job) else None
        if path is None:
            raise Gone(_("El archivo ya no está: se guarda un día. Pídelo otra vez."))
        return send_file(path.open("rb"), form=job.format, name=exports.name_of(job, user=cast(User, request.user)))


@require_safe
def show_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file behind a private address: no account, no session, only what the address says."""
    found = export_links.find(token=token, now=timezone.now())
    path = exports.path_of(found[1]) if found else None
    if found is None or path is None:
        told = _("Este enlace ya no sirve. Pide el archivo otra vez en Recado.")
        return HttpResponse(told, status=404, content_type="text/plain; charset=utf-8")
    return send_file(path.open("rb"), form=found[1].format, name=exports.name_of(found[1], user=found[0]))


def send_file(file: BinaryIO, *, form: str, name: str) -> HttpResponseBase:
    """An open file, from its beginning, as an answer that closes it."""
    size = file.seek(0, 2)
    file.seek(0)
    answer = StreamingHttpResponse(_pieces(file))
    answer._resource_closers.append(file.close)  # type: ignore[attr-defined]  # as Django's own FileResponse does
    answer["Content-Length"] = str(size)
    return _described(answer, form=form, name=name)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _described(answer: HttpResponseBase, *, form: str, name: str) -> HttpResponseBase:
    answer["Content-Type"] = CONTENT_TYPES[form]
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _is_there(job: ExportJob) -> bool:
    is_fresh = job.expires_at is not None and job.expires_at > timezone.now()
    return job.status == ExportJob.Status.DONE and is_fresh and exports.path_of(job) is not None


def _too_many(most: int) -> ValidationError:
    detail = _("Son más de %d filas. Pide el archivo y te avisamos cuando esté listo.") % most
    return ValidationError({"detail": detail, "code": "too_many_rows"})
