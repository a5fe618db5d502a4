"""The API of one's own account: its address, where one is signed in, and giving it up."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import account_events, accounts, addresses, leaving, sessions, sign_ins, verification
from tenants.account_serializers import (
    DeletionAskSerializer,
    DeletionSerializer,
    EmailChangeSerializer,
    EmailSerializer,
    EndedSerializer,
    SessionSerializer,
)
from tenants.authentication import IsAuthenticated, IsTenant, person_of
from tenants.errors import Conflict
from tenants.models import SignIn, User


class AccountView(GenericAPIView[Any]):
    permission_classes = [IsAuthenticated]

    def checked(self, serializer_class: Any) -> dict[str, Any]:
        given = serializer_class(data=self.request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


class EmailView(AccountView):
    """The address of my account."""

    serializer_class = EmailSerializer

    @extend_schema(operation_id="read_email")
    def get(self, request: Request) -> Response:
        """My address, whether it is proved to be mine, and the one that is to replace it."""
        return self._show(person_of(request))

    @extend_schema(operation_id="change_email", request=EmailChangeSerializer, responses={202: EmailSerializer})
    def post(self, request: Request) -> Response:
        """Ask for another address. It counts once the link in the letter sent to it is confirmed; the old one gets a
        letter, too, by which the change can be taken back for a week. An account with a second factor wants `otp`."""
        user = person_of(request)
        addresses.ask(user=user, now=timezone.now(), **self.checked(EmailChangeSerializer))
        return self._show(user, status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="cancel_email_change", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Call off the change that waits to be confirmed, if there is one."""
        addresses.cancel(user=person_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _show(self, user: User, code: int = status.HTTP_200_OK) -> Response:
        found = {
            "email": user.email,
            "verified": user.email_verified_at is not None,
            "verified_at": user.email_verified_at,
            "pending": addresses.waiting(user=user, now=timezone.now()),
        }
        return Response(self.get_serializer(found).data, status=code)


class VerificationView(AccountView):
    """Is the address mine?"""

    serializer_class = EmailSerializer

    @extend_schema(
        operation_id="send_verification",
        request=None,
        responses={
            202: OpenApiResponse(description="The letter is on its way."),
            409: OpenApiResponse(description="There is no address, or it is proved already."),
        },
    )
    def post(self, request: Request) -> Response:
        """Have the letter sent again by whose link I prove my address."""
        user = person_of(request)
        if not verification.post_again(user=user, address=accounts.client_address(request._request)):
            raise Conflict(_("Tu correo ya está confirmado.") if user.email else _("No tienes un correo en tu cuenta."))
        return Response(status=status.HTTP_202_ACCEPTED)


class SessionsView(AccountView):
    """Where I am signed in."""

    serializer_class = SessionSerializer
    pagination_class = None

    @extend_schema(operation_id="list_sessions", responses=SessionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every browser and program in which I am signed in, the last seen first."""
        found = sign_ins.list_open(user=person_of(request), now=timezone.now())
        return Response(self.get_serializer(found, many=True).data)

    @extend_schema(operation_id="end_other_sessions", responses={200: EndedSerializer})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere but here. Tokens and event streams stop at once, too; keys of the API go on."""
        user = person_of(request)
        ended = sessions.end_others(user=user)
        if not hasattr(request.auth, "payload"):  # a page's session
            sessions.keep(request=request._request, user=user)
        account_events.tell("sessions_ended", user=user)
        return Response({"ended": ended})


class SessionView(AccountView):
    """One of them."""

    serializer_class = SessionSerializer
    queryset = SignIn.objects.none()

    @extend_schema(operation_id="end_session", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Sign out there, at once: its tokens and event streams stop, too."""
        user = person_of(request)
        try:
            sessions.end_one(user=user, sign_in_id=pk)
        except sign_ins.NoSuchSignIn as fault:
            raise NotFound from fault
        account_events.tell("sessions_ended", user=user)
        if pk == user.sign_in_id:
            sessions.end(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeletionView(AccountView):
    """Giving up my account."""

    permission_classes = [IsTenant]
    serializer_class = DeletionSerializer

    @extend_schema(operation_id="read_deletion")
    def get(self, request: Request) -> Response:
        """Whether my account is being given up, and until when it can be kept."""
        return self._show(person_of(request))

    @extend_schema(operation_id="ask_deletion", request=DeletionAskSerializer, responses={202: DeletionSerializer})
    def post(self, request: Request) -> Response:
        """Give up my account. It does nothing from now on, and can only be looked at; in thirty days it is erased with
        all its data. An account with a second factor wants `otp`."""
        user = person_of(request)
        leaving.ask(user=user, now=timezone.now(), **self.checked(DeletionAskSerializer))
        return self._show(user, status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="take_deletion_back", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Keep my account after all. It goes on where it stopped."""
        leaving.stay(user=person_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _show(self, user: User, code: int = status.HTTP_200_OK) -> Response:
        return Response(
            self.get_serializer({"leaving": user.is_leaving, "erased_at": user.leaves_at}).data, status=code
        )
