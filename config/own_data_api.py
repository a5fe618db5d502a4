"""The API of all one's own data as a file."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from config import data_jobs, own_data
from config.models import DataJob
from tenants.authentication import person_of
from tenants.errors import Conflict


class OwnDataSerializer(serializers.ModelSerializer[DataJob]):
    """All my data as a ZIP file, or how far it is."""

    status = serializers.ChoiceField(source="state", choices=DataJob.State.choices, read_only=True)
    percent = serializers.IntegerField(source="share", read_only=True, min_value=0, max_value=100)
    url = serializers.SerializerMethodField(
        help_text="Where the file can be fetched for a day, without signing in: show it to nobody. Null while there is"
        " none."
    )
    bytes = serializers.SerializerMethodField(help_text="How large the file is.")
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When the file is deleted.")

    class Meta:
        model = DataJob
        fields = ["id", "status", "done", "total", "percent", "bytes", "url", "created_at", "finished_at", "expires_at"]
        read_only_fields = fields

    def get_url(self, job: DataJob) -> str | None:
        return own_data.link(job=job, now=timezone.now())

    def get_bytes(self, job: DataJob) -> int | None:
        return job.report.get("bytes") if job.file else None


class OwnDataListView(GenericAPIView[Any]):
    """All my data as a file."""

    serializer_class = OwnDataSerializer

    @extend_schema(operation_id="list_data_exports", responses=OwnDataSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Those that I asked for, the newest first."""
        page = self.paginate_queryset(own_data.jobs_of(person_of(request))) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="ask_data_export",
        request=None,
        responses={
            202: OwnDataSerializer,
            409: OpenApiResponse(description="One is being made."),
            429: OpenApiResponse(description="There was one within the last day."),
        },
    )
    def post(self, request: Request) -> Response:
        """Have all my data packed: every table, and the files that were sent. A letter comes when it is ready. One at a
        time, and one a day."""
        try:
            job = own_data.ask(user=person_of(request), now=timezone.now())
        except own_data.AlreadyRunning as fault:
            raise Conflict(_("Ya se están preparando tus datos. Te escribimos cuando estén.")) from fault
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)


class OwnDataView(GenericAPIView[Any]):
    """One of them."""

    serializer_class = OwnDataSerializer

    @extend_schema(operation_id="read_data_export")
    def get(self, request: Request, pk: int) -> Response:
        """How far it is, and where the file is."""
        return Response(self.get_serializer(self._find(request, pk)).data)

    @extend_schema(operation_id="cancel_data_export", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Call it off, or delete its file."""
        job, user = self._find(request, pk), person_of(request)
        if not data_jobs.cancel(job=job, by=user, now=timezone.now()):
            data_jobs.forget_file(job=job)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _find(self, request: Request, pk: int) -> DataJob:
        job = own_data.jobs_of(person_of(request)).filter(pk=pk).first()
        if job is None:
            raise NotFound
        return job


@require_safe
def take_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file behind a link that is good for a day, for whoever has it."""
    try:
        job, file = own_data.open_file(token=token, now=timezone.now())
    except own_data.WrongLink:
        return _gone(request)
    answer = FileResponse(file, as_attachment=True, filename=f"recado-{job.account_name}.zip")
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _gone(request: HttpRequest) -> HttpResponse:
    context = {
        "status": 404,
        "title": _("Este enlace ya no sirve"),
        "detail": _("Caducó, o el archivo se borró. En Ajustes › Tus datos hay un enlace nuevo mientras esté."),
    }
    return render(request, "error.html", context, status=404)
