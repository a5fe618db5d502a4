"""How a request proves who sends it: a bearer token, or the session of a page; and what its role may enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import RefreshToken, Token

from tenants.keyring import looks_like_one
from tenants.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class UsernameOrEmailBackend(BaseBackend):
    """Sign in by username or e-mail, whatever the case. A deactivated person is nobody, here and in open sessions."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        user = User.objects.known_as(username).first()
        if user is None:
            make_password(password)  # as slow as a real check, so that time does not tell who has an account
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


class BearerAuthentication(JWTAuthentication):
    """simplejwt's, asked once per request: the middleware needs the person before DRF does."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Any, Token] | None:
        http_request = cast(HttpRequest, getattr(request, "_request", request))
        if not hasattr(http_request, "_bearer"):
            try:
                http_request._bearer = super().authenticate(cast(Request, request))  # type: ignore[attr-defined]
            except AuthenticationFailed as fault:  # simplejwt speaks English only
                raise AuthenticationFailed(_("Tu sesión terminó. Vuelve a entrar.")) from fault
        return cast("tuple[Any, Token] | None", http_request._bearer)  # type: ignore[attr-defined]

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token; None where it is a key of the API, which another authentication knows."""
        token = super().get_raw_token(header)
        return None if token is not None and looks_like_one(token.decode("latin-1")) else token

    def get_user(self, validated_token: Token) -> Any:
        try:
            user = cast(User, super().get_user(validated_token))
        except (ValueError, TypeError, OverflowError) as fault:
            raise AuthenticationFailed() from fault
        if not is_current(token=validated_token, user=user):
            raise AuthenticationFailed()
        return user


class PageSessionAuthentication(SessionAuthentication):
    """The session of a page, with CSRF."""


class IsTenant(BasePermission):
    """Only people of role ``user``: a superadmin owns no tenant data."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.is_tenant)


class IsAuthenticated(BasePermission):
    """Anybody who is signed in, of either role."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated)


def issue_tokens(*, user: User) -> RefreshToken:
    """A refresh token (and, from it, access tokens) with the claims of the contract: sub, user_id, is_admin, role."""
    token = RefreshToken.for_user(user)
    token["user_id"] = user.pk
    token["sub"] = user.username
    token["is_admin"] = user.is_superadmin
    token["role"] = user.role
    token["access_version"] = user.access_version
    return token


def is_current(*, token: Token, user: User) -> bool:
    """Whether ``user`` has not had all tokens ended since this one was issued."""
    return token.get("access_version", 0) == user.access_version


def person_of(request: Request | HttpRequest) -> User:
    """Who is signed in. For views behind a permission that lets nobody else in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
