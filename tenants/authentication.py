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
from rest_framework_simplejwt.utils import get_md5_hash_password

from tenants import sign_ins
from tenants.keyring import looks_like_one
from tenants.models import SignIn, User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Suspended(Exception):
    """The name and the password are right, and the account is suspended."""


class UsernameOrEmailBackend(BaseBackend):
    """Sign in by username or e-mail, whatever the case. A deactivated person is nobody, here and in open sessions.

    Raises Suspended for whoever gives the right password of one: only they are to know, and it takes no longer.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        user = User.objects.known_as(username).first()
        if user is None:
            make_password(password)  # as slow as a real check, so that time does not tell who has an account
            return None
        if not user.check_password(password):
            return None
        if not user.may_enter:
            raise Suspended
        return user

    def get_user(self, user_id: int) -> User | None:
        return User.objects.let_in().filter(pk=user_id).first()


class BearerAuthentication(JWTAuthentication):
    """simplejwt's, asked once per request: the middleware needs the person before DRF does."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Any, Token] | None:
        http_request = cast(HttpRequest, getattr(request, "_request", request))
        if not hasattr(http_request, "_bearer"):
            try:
                http_request._bearer = super().authenticate(cast(Request, request))  # type: ignore[attr-defined]
            except AuthenticationFailed as fault:  # simplejwt speaks English only
                raise session_over() from fault
        return cast("tuple[Any, Token] | None", http_request._bearer)  # type: ignore[attr-defined]

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token; None where it is a key of the API, which another authentication knows."""
        token = super().get_raw_token(header)
        return None if token is not None and looks_like_one(token.decode("latin-1")) else token

    def get_user(self, validated_token: Token) -> Any:
        """Whose token it is, as long as they are signed in where it was issued (``tenants.sign_ins``)."""
        try:
            number = int(validated_token["sign_in"])
            user = User.objects.let_in().filter(pk=validated_token["user_id"], sign_ins__pk=number).first()
        except (KeyError, ValueError, TypeError, OverflowError) as fault:
            raise AuthenticationFailed() from fault
        if user is None or validated_token.get("hash_password") != get_md5_hash_password(user.password):
            raise AuthenticationFailed()
        user.sign_in_id = number
        return user


class PageSessionAuthentication(SessionAuthentication):
    """The session of a page, with CSRF. Also of somebody whose account is being given up, and so not active."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        user = getattr(request._request, "user", None)
        if not isinstance(user, User) or not user.may_enter:
            return None
        self.enforce_csrf(request)
        return user, None


def session_over() -> AuthenticationFailed:
    """For who shows a token that lets nobody in any more."""
    return AuthenticationFailed({"detail": _("Tu sesión terminó. Vuelve a entrar."), "code": "session_over"})


class IsTenant(BasePermission):
    """Only people of role ``user``: a superadmin owns no tenant data."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.is_tenant)


class IsAuthenticated(BasePermission):
    """Anybody who is signed in, of either role."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated)


def issue_tokens(*, user: User, sign_in: SignIn | None = None) -> RefreshToken:
    """A refresh token (and, from it, access tokens) with the claims of the contract: sub, user_id, is_admin, role.

    They are good while ``sign_in`` is there; without one it is a new one.
    """
    token = RefreshToken.for_user(user)
    token["sign_in"] = (sign_in or sign_ins.begin(user=user)).pk
    token["user_id"] = user.pk
    token["sub"] = user.username
    token["is_admin"] = user.is_superadmin
    token["role"] = user.role
    return token


def person_of(request: Request | HttpRequest) -> User:
    """Who is signed in. For views behind a permission that lets nobody else in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
