"""The API of what happened."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agenda.filters import read_filters
from analytics import activity, metrics, tables
from analytics.serializers import ActivitySerializer, AnalyticsSerializer, ExportFilters, PeriodFilters, StatsSerializer
from tenants.contract import whole_number
from tenants.models import User

USUAL_DAYS, MOST_DAYS = 7, 90  # of recent activity


class AnalyticsView(APIView):
    """What happened."""

    @extend_schema(operation_id="read_analytics", parameters=[PeriodFilters], responses=AnalyticsSerializer)
    def get(self, request: Request) -> Response:
        """What happened between two days, in the tenant's zone, beside the period of the same length before."""
        return Response(read_figures(request, read_filters(request, PeriodFilters)))


class ExportView(APIView):
    """One of the tables."""

    @extend_schema(
        operation_id="export_analytics",
        parameters=[ExportFilters],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """The table beside a chart as CSV for spreadsheets: UTF-8 with its mark, parted as the language has it."""
        asked = read_filters(request, ExportFilters)
        figures = read_figures(request, asked)
        user = cast(User, request.user)
        data = tables.write_csv(table=asked["table"], figures=figures, language=user.language)
        name = f"{asked['table']}-{asked['from']}-{asked['to']}.csv"
        return _file(data, "text/csv; charset=utf-8", name)


class ReportView(APIView):
    """All of it to send on."""

    @extend_schema(
        operation_id="print_analytics",
        parameters=[PeriodFilters],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """What happened between two days as a PDF with its charts, in the tenant's language."""
        from analytics import report  # a quarter of a second and 18 MB, and most processes never draw

        asked = read_filters(request, PeriodFilters)
        data = report.draw(user=cast(User, request.user), figures=read_figures(request, asked))
        return _file(data, "application/pdf", f"recado-{asked['from']}-{asked['to']}.pdf")


class StatsView(APIView):
    """How much there is."""

    @extend_schema(operation_id="read_chat_stats", responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        """My conversations and messages, and the events that happened most."""
        return Response(activity.count_everything())


class ActivityView(APIView):
    """What happened lately."""

    @extend_schema(
        operation_id="read_recent_activity",
        parameters=[
            OpenApiParameter(
                "days",
                {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": USUAL_DAYS},
                description="Today and the days before.",
            )
        ],
        responses=ActivitySerializer,
    )
    def get(self, request: Request) -> Response:
        """The newest hundred events of the last days, and conversations and messages of each day."""
        days = whole_number(request, "days", least=1, most=MOST_DAYS, default=USUAL_DAYS) or USUAL_DAYS
        return Response(activity.read_activity(user=cast(User, request.user), days=days, now=timezone.now()))


def read_figures(request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    """The figures that checked filters ask for."""
    return metrics.read(
        user=cast(User, request.user),
        start=asked["from"],
        end=asked["to"],
        group=asked["group"],
        now=timezone.now(),
    )


def _file(data: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
