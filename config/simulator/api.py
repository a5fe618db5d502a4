"""The API of the simulator's page: phones that exist here only, writing to the shop through the signed webhook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from config.simulator import client, phones
from config.simulator.serializers import (
    ReadSerializer,
    SaidSerializer,
    SaySerializer,
    ScreenSerializer,
    SimulatorSerializer,
)
from tenants.contract import whole_number
from tenants.errors import Conflict
from tenants.models import User


class Away(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "simulator_away"
    wait = 2  # DRF sends it as Retry-After


_refusals = {
    404: OpenApiResponse(description="There is no such phone of mine."),
    409: OpenApiResponse(description="A real number is connected: nothing is simulated here."),
    503: OpenApiResponse(description="The simulator does not answer now."),
}


class SimulatorView(GenericAPIView[Any]):
    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """What may go wrong between here and the simulator, as answers."""
        try:
            yield
        except phones.NotMine as fault:
            raise NotFound from fault
        except client.NoSimulator as fault:
            raise Conflict(_("Aquí hay un número real de WhatsApp: no hay nada que simular.")) from fault
        except client.SimulatorAway as fault:
            raise Away(_("El simulador no responde. Vuelve a intentarlo en un momento.")) from fault

    def checked(self, request: Request) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class StateView(SimulatorView):
    """Who can write."""

    serializer_class = SimulatorSerializer

    @extend_schema(operation_id="read_simulator")
    def get(self, request: Request) -> Response:
        """Whether WhatsApp is simulated here, and the phones that I can play."""
        simulated = bool(settings.WHATSAPP["SIMULATED"])
        found = phones.list_phones(user=self.person) if simulated else []
        return Response(SimulatorSerializer({"simulated": simulated, "phones": found}).data)


class MessagesView(SimulatorView):
    """A phone's chat with the shop."""

    serializer_class = SaySerializer

    @extend_schema(operation_id="say_in_simulator", responses={201: SaidSerializer, **_refusals})
    def post(self, request: Request) -> Response:
        """Write from a phone of mine, or tap a button: it goes to the webhook, signed, as from WhatsApp."""
        given = self.checked(request)
        with self.faults():
            wamid = phones.say(user=self.person, number=given.pop("phone"), **given)
        return Response({"wamid": wamid}, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="read_simulated_phone",
        parameters=[
            OpenApiParameter("phone", str, required=True),
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": 10**15},
                description="`last` of the look before.",
            ),
        ],
        responses={200: ScreenSerializer, **_refusals},
    )
    def get(self, request: Request) -> Response:
        """What came to a phone of mine, or changed there."""
        after = whole_number(request, "after", least=0, most=10**15) or 0
        number = request.query_params.get("phone", "")
        if not phones.LOOKS_LIKE_ONE.fullmatch(number):
            raise ValidationError({"phone": [_("Di de qué teléfono.")]})
        with self.faults():
            screen = phones.look(user=self.person, number=number, after=after)
        return Response(ScreenSerializer(screen).data)


class ReadView(SimulatorView):
    """The phone is in somebody's hand."""

    serializer_class = ReadSerializer

    @extend_schema(operation_id="open_simulated_phone", responses={204: None, **_refusals})
    def post(self, request: Request) -> Response:
        """Open the chat on a phone of mine: what the shop wrote is read."""
        number = self.checked(request)["phone"]
        with self.faults():
            phones.open_chat(user=self.person, number=number)
        return Response(status=status.HTTP_204_NO_CONTENT)
