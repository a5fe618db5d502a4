"""The API of accounts and preferences."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from tenants import account_events, accounts, limits, proofs, second_factor, sessions, sign_ins
from tenants.authentication import IsAuthenticated, issue_tokens, person_of, session_over
from tenants.models import Preferences, SignIn, User
from tenants.serializers import (
    LoginSerializer,
    LogoutSerializer,
    PasswordSerializer,
    PersonSerializer,
    PreferencesSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokensSerializer,
)


class Door(GenericAPIView[Any]):
    """One POST of a checked body."""

    def checked(self, request: Request) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class RegisterView(Door):
    """Sign up. Always a tenant: no field grants another role. Who gives an address gets a letter to prove it."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    serializer_class = RegistrationSerializer

    @extend_schema(operation_id="register", responses={201: RegistrationSerializer})
    def post(self, request: Request) -> Response:
        limits.hit(limit=accounts.REGISTRATIONS_BY_ADDRESS, who=accounts.client_address(request._request))
        fields = {"language": (get_language() or "es")[:2]} | self.checked(request)
        user = accounts.sign_up(**fields)
        return Response(self.get_serializer(user).data, status=status.HTTP_201_CREATED)


class LoginView(Door):
    """Exchange a username (or e-mail) and a password for tokens.

    An account with a second factor wants ``otp``, too: the code of its app, or a recovery code. Without it, or with
    another, the answer is 401 with ``code`` ``second_factor_required`` or ``second_factor_wrong``. Who gives the right
    password of a suspended account is told so: ``account_inactive``.
    """

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    serializer_class = LoginSerializer

    @extend_schema(operation_id="login", responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        try:
            user = accounts.sign_in(request=request._request, **self.checked(request))
        except accounts.AccountInactive as fault:
            told = _("Tu cuenta está suspendida. Escribe a quien administra el sistema.")
            raise AuthenticationFailed({"detail": told, "code": "account_inactive"}) from fault
        except accounts.WrongCredentials as fault:
            told = _("El usuario o la contraseña no coinciden.")
            raise AuthenticationFailed({"detail": told, "code": "wrong_credentials"}) from fault
        except second_factor.CodeRequired as fault:
            told = _("Escribe también el código de tu aplicación de autenticación.")
            raise AuthenticationFailed({"detail": told, "code": "second_factor_required"}) from fault
        except second_factor.WrongCode as fault:
            told = _("El código no es el de ahora, o ya se usó.")
            raise AuthenticationFailed({"detail": told, "code": "second_factor_wrong"}) from fault
        return Response(_tokens(user, sign_ins.begin(user=user, request=request._request)))

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class RefreshView(Door):
    """Exchange a refresh token for a new pair. The old one is spent: used again, it answers 401."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    serializer_class = RefreshSerializer

    @extend_schema(operation_id="refresh", responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        refused = session_over()
        with transaction.atomic():
            try:
                token = RefreshToken(self.checked(request)["refresh"])
                user = User.objects.let_in().get(pk=token["user_id"])
            except (TokenError, KeyError, ValueError, TypeError, User.DoesNotExist) as fault:
                raise refused from fault
            is_good = token.get("hash_password") == get_md5_hash_password(user.password)
            sign_in = _go_on(token, user, request) if is_good else None
            if sign_in is None or not _spend(token):
                raise refused
            return Response(_tokens(user, sign_in))

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class LogoutView(Door):
    """End this session, and what the refresh token given belongs to; without one, all tokens of the person's."""

    permission_classes = [IsAuthenticated]
    serializer_class = LogoutSerializer

    @extend_schema(operation_id="logout", responses={204: OpenApiResponse(description="Signed out.")})
    def post(self, request: Request) -> Response:
        given, user = self.checked(request).get("refresh"), person_of(request)
        if given is None:
            sessions.end_tokens(user=user)
            account_events.tell("sessions_ended", user=user)
        else:
            try:
                token = RefreshToken(given)
            except TokenError as fault:
                raise ValidationError({"refresh": [_("Este token ya no vale.")]}) from fault
            if token.get("user_id") != user.pk:
                raise ValidationError({"refresh": [_("Este token ya no vale.")]})
            _spend(token)
            with suppress(sign_ins.NoSuchSignIn):
                sessions.end_one(user=user, sign_in_id=token.get("sign_in", 0))
        sessions.end(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(GenericAPIView[User]):
    """Who I am."""

    permission_classes = [IsAuthenticated]
    serializer_class = PersonSerializer

    @extend_schema(operation_id="me")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)


class PasswordView(Door):
    """Change one's password. Every token and every other session stops; the answer carries new tokens.

    An account with a second factor wants ``otp``, too.
    """

    permission_classes = [IsAuthenticated]
    serializer_class = PasswordSerializer

    @extend_schema(operation_id="change_password", responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        given, user = self.checked(request), person_of(request)
        proofs.prove(user=user, password=given["current"], otp=given.get("otp", ""), field="current")
        if given["new"] == given["current"]:
            raise ValidationError({"new": [_("Tiene que ser distinta de la actual.")]})
        try:
            validate_password(given["new"], user)
        except DjangoValidationError as fault:
            raise ValidationError({"new": fault.messages}) from fault
        accounts.change_password(user=user, password=given["new"])
        sessions.keep(request=request._request, user=user)
        return Response(_tokens(user, SignIn.objects.filter(pk=user.sign_in_id or 0).first()))


class PreferencesView(GenericAPIView[Preferences]):
    """What my business is called, where it sells, and how its assistants speak."""

    serializer_class = PreferencesSerializer

    def get_object(self) -> Preferences:
        preferences = Preferences.current(person_of(self.request))
        preferences.user = person_of(self.request)
        return preferences

    @extend_schema(operation_id="read_preferences")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="replace_preferences")
    def put(self, request: Request) -> Response:
        return self._save(request, partial=False)

    @extend_schema(operation_id="change_preferences")
    def patch(self, request: Request) -> Response:
        return self._save(request, partial=True)

    def _save(self, request: Request, *, partial: bool) -> Response:
        preferences = self.get_object()
        serializer = self.get_serializer(preferences, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        preferences.change(person=changes.pop("user", {}), **changes)
        return Response(self.get_serializer(preferences).data)


def _tokens(user: User, sign_in: SignIn | None) -> dict[str, str]:
    token = issue_tokens(user=user, sign_in=sign_in)
    return {"access": str(token.access_token), "refresh": str(token), "role": user.role, "redirect": user.home}


def _go_on(token: RefreshToken, user: User, request: Request) -> SignIn | None:
    """Where the token belongs, if the person is still signed in there. One of a time before sign-ins begins one."""
    number = token.get("sign_in")
    if number is not None:
        return sign_ins.go_on(sign_in_id=number, user=user, request=request._request)
    is_current = token.get("access_version", 0) == user.access_version
    return sign_ins.begin(user=user, request=request._request) if is_current else None


def _spend(token: RefreshToken) -> bool:
    """Blacklist ``token``; False when it already was, also when two requests bring it at the same moment."""
    outstanding, _made = OutstandingToken.objects.get_or_create(
        jti=token["jti"],
        defaults={"user_id": token["user_id"], "token": str(token), "expires_at": datetime_from_epoch(token["exp"])},
    )
    return BlacklistedToken.objects.get_or_create(token=outstanding)[1]
