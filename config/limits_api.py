"""How fast the API may be asked, what is used of it now, and what the plan is called."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.throttling import tenants_limits
from messaging.sends import SENDS_BY_TENANT
from tenants import limits
from tenants.authentication import person_of
from tenants.plans import plan_of

LABELS = {
    "api": _("Peticiones, contando las de estas páginas"),
    "chat": _("Mensajes a tus asistentes"),
    "exports": _("Archivos que exportas o importas"),
    "whatsapp-sends": _("Mensajes de WhatsApp que envías tú"),
}


class LimitSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As in the headers `RateLimit` and `RateLimit-Policy`.")
    label = serializers.CharField(help_text="In the person's language.")  # type: ignore[assignment]
    limit = serializers.IntegerField(help_text="At most so many")
    seconds = serializers.IntegerField(help_text="in so many seconds.")
    used = serializers.IntegerField(help_text="So far in the present window.")
    left = serializers.IntegerField()
    resets_in = serializers.IntegerField(help_text="Seconds until the window ends.")


class PlanNameSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class LimitsSerializer(serializers.Serializer[Any]):
    enforced = serializers.BooleanField(help_text="False where the installation has switched limits off.")
    plan = PlanNameSerializer(allow_null=True)
    limits = LimitSerializer(many=True)


class LimitsView(APIView):
    """The limits that hold for whoever asks."""

    @extend_schema(responses=LimitsSerializer)
    def get(self, request: Request) -> Response:
        """What holds, and what is used now. This request counts, too."""
        user, now = person_of(request), timezone.now()
        hits = [*tenants_limits(user), (SENDS_BY_TENANT, str(user.pk))]
        standings = limits.look(hits=hits, planned_for=user, now=now)
        said = {
            "enforced": settings.LIMITS,
            "plan": plan_of(user),
            "limits": [
                {
                    "name": one.limit.name,
                    "label": str(LABELS[one.limit.name]),
                    "limit": one.limit.times,
                    "seconds": int(one.limit.period.total_seconds()),
                    "used": min(one.used, one.limit.times),
                    "left": one.left,
                    "resets_in": one.seconds(now=now),
                }
                for one in standings
            ],
        }
        return Response(LimitsSerializer(said).data)
