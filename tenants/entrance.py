"""Two steps into the pages: the password, and the code where the account wants one. Between them the session knows
whose password was proved, so that no page carries it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tenants import accounts, known_devices, second_factor, sessions
from tenants.models import User

KEY = "half_in"  # in the session
LASTS_SECONDS = 300


def let_in(*, request: HttpRequest, user: User, goes_to: str) -> HttpResponse:
    """Let ``user``, whose password was just proved, in; or ask for the code first."""
    try:
        accounts.complete(request=request, user=user, by_page=True)
    except second_factor.CodeRequired:
        until = int(timezone.now().timestamp()) + LASTS_SECONDS
        request.session[KEY] = [user.pk, user.get_session_auth_hash(), until, goes_to]
        return redirect("login-code")
    return enter(request=request, user=user, goes_to=goes_to)


def enter(*, request: HttpRequest, user: User, goes_to: str) -> HttpResponse:
    """Begin the session of ``user``, who has proved all there is to prove, in a browser that is known from now on."""
    sessions.begin(request=request, user=user)
    answer = redirect(goes_to)
    known_devices.keep(request=request, response=answer)
    return answer


def half_in(*, request: HttpRequest) -> User | None:
    """Whose password was proved in this session a short while ago, and still is the password."""
    pk, proof, until, _goes_to = request.session.get(KEY) or (0, "", 0, "")
    user = User.objects.let_in().filter(pk=pk).first()
    if user is None or timezone.now().timestamp() > until:
        return None
    return user if constant_time_compare(proof, user.get_session_auth_hash()) else None


def let_in_with_code(*, request: HttpRequest, user: User, code: str) -> HttpResponse:
    """The second step of whoever is half in. Raises second_factor.CodeRequired or WrongCode, and limits.TooMany."""
    accounts.complete(request=request, user=user, otp=code, by_page=True)
    goes_to = str(request.session.pop(KEY)[3])
    return enter(request=request, user=user, goes_to=goes_to)
