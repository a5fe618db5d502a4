"""The second factor: set up, asked for at both doors, once for each code, and taken off."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants import second_factor
from tenants.audit import AuditEntry
from tenants.models import Event, RecoveryCode, SecondFactor, User
from tenants.scope import tenant_scope
from tenants.second_factor import TRIES, AlreadyOn, CodeRequired, WrongCode
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/api/auth/login"


def turn_on(user: User, *, ago: timedelta = timedelta(minutes=10)) -> tuple[pyotp.TOTP, list[str]]:
    """A second factor that was set up a while ago, and its recovery codes."""
    at = timezone.now() - ago
    totp = pyotp.TOTP(second_factor.prepare(user=user).secret)
    codes = second_factor.confirm(user=user, code=totp.at(at), at=at)
    user.refresh_from_db()
    return totp, codes


def wrong(totp: pyotp.TOTP) -> str:
    near = {totp.at(timezone.now() + timedelta(seconds=30 * step)) for step in range(-3, 4)}
    return next(code for code in (f"{n:06}" for n in range(20)) if code not in near)


def half_in(user: User) -> Client:
    client = Client()
    answer = client.post("/login?next=/user/settings", {"username": user.username, "password": PASSWORD})
    assert answer["Location"] == "/login/code"
    return client


def test_it_counts_from_its_first_code_on(alice):
    factor = second_factor.prepare(user=alice)
    assert not second_factor.is_on(alice)
    assert second_factor.check(user=alice, code="") == "password"
    assert second_factor.prepare(user=alice).secret == factor.secret  # the page may be loaded again
    with pytest.raises(WrongCode):
        second_factor.confirm(user=alice, code=wrong(pyotp.TOTP(factor.secret)))
    turn_on(alice)
    assert second_factor.is_on(alice)
    with pytest.raises(AlreadyOn):
        second_factor.prepare(user=alice)
    with pytest.raises(CodeRequired):
        second_factor.check(user=alice, code=" ")


def test_the_secret_is_encrypted_and_recovery_codes_are_digests(alice):
    totp, codes = turn_on(alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM tenants_secondfactor")
        assert totp.secret not in cursor.fetchone()[0]
    digests = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert len(codes) == len(set(codes)) == len(digests) == 10
    assert not any(code.replace("-", "") in digest for code in codes for digest in digests)


def test_a_code_is_good_once_and_for_half_a_minute_around(alice):
    totp, _codes = turn_on(alice)
    now = timezone.now()
    with pytest.raises(WrongCode):
        second_factor.check(user=alice, code=totp.at(now - timedelta(minutes=2)), at=now)
    assert second_factor.check(user=alice, code=totp.at(now - timedelta(seconds=30)), at=now) == "second_factor"
    code = totp.at(now)
    assert second_factor.check(user=alice, code=f" {code[:3]} {code[3:]} ", at=now) == "second_factor"
    with pytest.raises(WrongCode):
        second_factor.check(user=alice, code=code, at=now)
    with pytest.raises(WrongCode):  # one of before the last that was taken
        second_factor.check(user=alice, code=totp.at(now - timedelta(seconds=30)), at=now)


def test_a_recovery_code_stands_in_once_however_it_is_typed(alice, bob):
    _totp, codes = turn_on(alice)
    turn_on(bob)
    with pytest.raises(WrongCode):
        second_factor.check(user=bob, code=codes[0])
    assert second_factor.check(user=alice, code=codes[0].upper().replace("-", " ")) == "recovery_code"
    with pytest.raises(WrongCode):
        second_factor.check(user=alice, code=codes[0])
    assert second_factor.codes_left(alice) == 9


def test_guessing_ends_after_a_few_tries_and_a_good_code_waits_too(alice, settings, api):
    settings.LIMITS = True
    totp, _codes = turn_on(alice)
    body = {"username": "alice", "password": PASSWORD}
    for _ in range(TRIES.times):
        answer = api().post(LOGIN, {**body, "otp": wrong(totp)})
        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_wrong")
    answer = api().post(LOGIN, {**body, "otp": totp.now()})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_the_api_asks_for_the_code(alice, api):
    totp, codes = turn_on(alice)
    body = {"username": "alice", "password": PASSWORD}
    answer = api().post(LOGIN, body)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "access" not in answer.json()
    assert api().post(LOGIN, {**body, "otp": totp.now()}).status_code == 200
    assert api().post(LOGIN, {**body, "otp": codes[0]}).status_code == 200
    refused = api().post(LOGIN, {**body, "password": "no-es", "otp": codes[1]})
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_credentials")
    assert second_factor.codes_left(alice) == 9  # who lacks the password spends no code
    with tenant_scope(alice):
        methods = list(Event.objects.filter(name="login").order_by("pk").values_list("data__method", flat=True))
    assert methods == ["second_factor", "recovery_code"]


def test_the_page_asks_in_two_steps_and_carries_no_password(alice):
    totp, _codes = turn_on(alice)
    client = half_in(alice)
    page = client.get("/login/code")
    assert PASSWORD not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert client.get("/user/dashboard")["Location"].startswith("/login")
    assert client.post("/login/code", {"code": wrong(totp)}).status_code == 400
    answer = client.post("/login/code", {"code": totp.now()})
    assert answer["Location"] == "/user/settings"
    assert client.get("/user/dashboard").status_code == 200


def test_a_half_step_is_worth_nothing_later_or_after_another_password(alice, monkeypatch):
    totp, _codes = turn_on(alice)
    client = half_in(alice)
    later = timezone.now() + timedelta(minutes=6)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        assert client.post("/login/code", {"code": totp.at(later)})["Location"] == "/login"
    alice.set_password("otra-clave-larga-8")
    alice.save()
    assert client.post("/login/code", {"code": totp.now()})["Location"] == "/login"
    assert Client().get("/login/code")["Location"] == "/login"


def test_who_sets_it_up_sees_the_picture_and_the_codes_once(alice, browse):
    client = Client()
    client.post("/login", {"username": "alice", "password": PASSWORD})
    other = browse(alice)
    page = client.get("/account/second-factor").content.decode()
    assert 'src="data:image/svg+xml' in page
    secret = SecondFactor.objects.get().secret
    answer = client.post("/account/second-factor", {"act": "confirm", "code": pyotp.TOTP(secret).now()})
    codes = re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</li>", answer.content.decode())
    assert len(codes) == 10
    again = client.get("/account/second-factor")
    assert again.status_code == 200  # this session lives on
    assert not any(text in again.content.decode() for text in (*codes, secret, "data:image"))
    assert other.get("/user/settings").status_code == 302  # the others ended
    with tenant_scope(alice):
        assert Event.objects.get(name="second_factor_changed").data["on"] is True


def test_setting_it_up_wants_the_password_of_just_now(alice, browse):
    answer = browse(alice).get("/account/second-factor")
    assert answer["Location"] == "/account/proof?next=%2Faccount%2Fsecond-factor"


def test_turning_it_off_takes_password_and_code(alice, browse):
    totp, codes = turn_on(alice)
    client = browse(alice)

    def turn_off(password: str, code: str) -> int:
        form = {"act": "off", "off-password": password, "off-code": code}
        return client.post("/account/second-factor", form).status_code

    assert turn_off("no-es", totp.now()) == 400
    assert turn_off(PASSWORD, wrong(totp)) == 400
    assert second_factor.is_on(alice)
    assert turn_off(PASSWORD, totp.now()) == 302
    assert not second_factor.is_on(alice)
    assert not RecoveryCode.objects.exists()
    assert client.get("/user/dashboard").status_code == 200
    assert codes


def test_new_recovery_codes_make_the_old_ones_void(alice, browse):
    totp, codes = turn_on(alice)
    answer = browse(alice).post("/account/second-factor", {"act": "renew", "renew-code": totp.now()})
    fresh = re.findall(r"<li>([a-z0-9-]{14})</li>", answer.content.decode())
    assert len(set(fresh) - set(codes)) == 10
    with pytest.raises(WrongCode):
        second_factor.check(user=alice, code=codes[0])
    assert second_factor.check(user=alice, code=fresh[0]) == "recovery_code"


def test_the_superadmin_takes_it_off_for_who_lost_it(alice, root):
    turn_on(alice)
    assert second_factor.reset(actor=root, user=alice, reason="Perdió el teléfono")
    assert not second_factor.reset(actor=root, user=alice, reason="Otra vez")
    assert not second_factor.is_on(alice)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.reason) == (
        "second_factor_reset",
        str(alice.pk),
        "Perdió el teléfono",
    )


def test_a_superadmin_without_one_is_led_to_it_where_it_is_required(root, alice, browse, settings):
    settings.SUPERADMIN_SECOND_FACTOR = True
    client = Client()
    client.post("/login", {"username": "root", "password": PASSWORD})
    assert client.get("/admin/tenants/user/")["Location"] == "/account/second-factor?next=%2Fadmin%2Ftenants%2Fuser%2F"
    assert client.post("/admin/tenants/user/add/")["Location"].startswith("/account/second-factor")
    assert client.get("/account/second-factor").status_code == 200
    assert browse(alice).get("/user/dashboard").status_code == 200  # tenants may do without
    turn_on(root)
    assert browse(root).get("/admin/tenants/user/").status_code == 200


def test_a_new_password_wants_the_code_too(alice, api, browse):
    _totp, codes = turn_on(alice)
    body = {"current": PASSWORD, "new": "otra-clave-larga-8"}
    client = api(alice)
    assert list(client.post("/api/auth/password", body).json()) == ["otp"]
    assert client.post("/api/auth/password", body | {"otp": codes[0]}).status_code == 200
    page, form = browse(User.objects.get(pk=alice.pk)), {"current": body["new"]}
    form |= {"new_password1": "tercera-clave-larga-9", "new_password2": "tercera-clave-larga-9"}
    assert page.post("/account/password", form | {"code": "no-es-este"}).status_code == 400
    assert page.post("/account/password", form | {"code": codes[1]}).status_code == 302
    assert User.objects.get(pk=alice.pk).check_password("tercera-clave-larga-9")


def test_who_has_to_choose_a_new_password_gave_the_code_already(alice, browse):
    turn_on(alice)
    User.objects.filter(pk=alice.pk).update(must_change_password=True)
    new = {"new_password1": "otra-clave-larga-8", "new_password2": "otra-clave-larga-8"}
    page = browse(User.objects.get(pk=alice.pk))
    assert page.post("/account/password", {"current": PASSWORD, **new}).status_code == 302


def test_renewed_codes_stand_in_the_security_log(alice, browse):
    _totp, codes = turn_on(alice)
    page = browse(alice)
    assert page.post("/account/second-factor", {"act": "renew", "renew-code": codes[0]}).status_code == 200
    with tenant_scope(alice):
        assert Event.objects.filter(name="recovery_codes_renewed").count() == 1
    assert second_factor.codes_left(alice) == 10
