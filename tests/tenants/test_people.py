"""People on the superadmin's site: found, made, and what is done to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants.audit import AuditEntry
from tenants.models import Event, Plan, Preferences, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.tenants.test_auditing import fields_of
from tests.tenants.test_second_factor import turn_on

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/tenants/user/"


@pytest.fixture
def desk(root) -> Client:
    client = Client()
    client.post("/login", {"username": "root", "password": PASSWORD})
    return client


@pytest.fixture
def pro(db) -> Plan:
    return Plan.objects.get_or_create(code="pro", defaults={"name": "Pro"})[0]


def act(desk: Client, name: str, *people: User, reason: str = "Porque sí"):
    ids = ",".join(str(person.pk) for person in people)
    return desk.post(f"{PEOPLE}act/{name}/?people={ids}", {"reason": reason}, follow=True)


def listed(desk: Client, query: str) -> set[str]:
    """The usernames on the page."""
    return {user.username for user in desk.get(PEOPLE + query).context["cl"].result_list}


def test_people_are_found_by_name_address_and_business(desk, alice, bob):
    with tenant_scope(bob):
        Preferences.objects.update(business_name="Ferretería El Tornillo")
    assert listed(desk, "?q=alice") == {"alice"}
    assert listed(desk, "?q=bob@example.com") == {"bob"}
    assert listed(desk, "?q=tornillo") == {"bob"}
    assert "Ferretería El Tornillo" in desk.get(PEOPLE).content.decode()


def test_people_are_filtered(desk, root, alice, bob, pro):
    turn_on(bob)
    User.objects.filter(pk=alice.pk).update(is_active=False, plan=pro)
    User.objects.filter(pk=bob.pk).update(last_login=timezone.now() - timedelta(days=40))
    assert listed(desk, "?factor=on") == {"bob"}
    assert listed(desk, "?factor=off") == {"root", "alice"}
    assert listed(desk, "?is_active__exact=0") == {"alice"}
    assert listed(desk, f"?plan__id__exact={pro.pk}") == {"alice"}
    assert listed(desk, "?seen=never") == {"alice"}
    assert listed(desk, "?seen=gone") == {"bob"}
    assert listed(desk, "?seen=7") == {"root"}
    assert listed(desk, "?role__exact=superadmin") == {"root"}


def test_a_person_who_is_made_is_a_tenant_who_chooses_a_password(desk, django_capture_on_commit_callbacks):
    path = f"{PEOPLE}add/"
    page = fields_of(desk.get(path).content.decode())
    assert page["must_change_password"] == "on"
    form = page | {
        "username": "luz",
        "password1": "clave-de-luz-9",
        "password2": "clave-de-luz-9",
        "role": "superadmin",
    }
    form |= {"language": "es", "timezone": "America/Mexico_City", "usable_password": "true"}
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(path, form).status_code == 302
    luz = User.objects.get(username="luz")
    assert (luz.role, luz.must_change_password) == ("user", True)
    with tenant_scope(luz):
        assert Preferences.objects.get().currency == "MXN"
    assert AuditEntry.objects.get(action="added").target_name == "luz"
    assert "clave-de-luz" not in str(AuditEntry.objects.get(action="added").changes)


def test_a_change_of_plan_stands_in_both_logs(desk, alice, pro):
    path = f"{PEOPLE}{alice.pk}/change/"
    form = fields_of(desk.get(path).content.decode()) | {"language": "es"}
    assert desk.post(path, form | {"plan": str(pro.pk), "_reason": "Pagó"}).status_code == 302
    entry = AuditEntry.objects.get(action="changed")
    assert (entry.changes, entry.reason) == ({"plan": [None, "Pro"]}, "Pagó")
    with tenant_scope(alice):
        event = Event.objects.get(name="plan_changed")
    assert (event.data, event.actor) == ({"plan": "Pro"}, "superadmin")


def test_the_form_changes_neither_role_nor_activity(desk, alice):
    path = f"{PEOPLE}{alice.pk}/change/"
    form = fields_of(desk.get(path).content.decode()) | {"language": "es", "role": "superadmin", "is_active": ""}
    desk.post(path, form)
    alice.refresh_from_db()
    assert (alice.role, alice.is_active) == ("user", True)


def test_many_are_suspended_and_restored_with_a_reason(desk, root, alice, bob):
    answer = desk.post(PEOPLE, {"action": "suspend", "_selected_action": [alice.pk, bob.pk, root.pk]})
    ask = answer["Location"]
    assert desk.post(ask, {"reason": ""}).status_code == 400
    assert User.objects.filter(is_active=False).count() == 0
    page = desk.post(ask, {"reason": "Spam"}, follow=True).content.decode()
    assert "Hecho, con 2 cuentas." in page
    assert "@root: No puedes suspenderte a ti mismo." in page
    assert set(User.objects.filter(is_active=False)) == {alice, bob}
    assert "Ya estaba así: alice." in act(desk, "suspend", alice).content.decode()
    act(desk, "restore", alice, bob)
    assert AuditEntry.objects.filter(action="restored").count() == 2


def test_a_forced_change_of_password_and_an_end_of_sessions(desk, alice, browse):
    session = browse(alice)
    act(desk, "end-sessions", alice, reason="Perdió el computador")
    assert session.get("/user/settings").status_code == 302
    with tenant_scope(alice):
        assert Event.objects.filter(name="sessions_ended").exists()
    act(desk, "require-password", alice)
    alice.refresh_from_db()
    assert browse(alice).get("/user/settings")["Location"].startswith("/account/password")
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "reason"))
    assert actions == [("sessions_ended", "Perdió el computador"), ("password_change_required", "Porque sí")]


def test_a_password_that_the_superadmin_sets_has_to_be_changed(desk, root, alice, browse, api):
    client = api(alice)
    path = f"{PEOPLE}{alice.pk}/password/"
    assert browse(root).get(path)["Location"].startswith("/account/proof")
    assert desk.get(path).status_code == 200
    fresh = "clave-prestada-77"
    assert desk.post(path, {"password1": fresh, "password2": fresh}).status_code == 302
    alice.refresh_from_db()
    assert (alice.check_password(fresh), alice.must_change_password) == (True, True)
    assert client.get("/api/auth/me").status_code == 401
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes["password"]) == ("password_changed", ["•••", "•••"])
    with tenant_scope(alice):
        assert Event.objects.get(name="password_changed").actor == "superadmin"


def test_a_role_is_changed_or_refused_in_words(desk, root, alice):
    assert "tu propio rol" in act(desk, "role", root).content.decode()
    act(desk, "role", alice, reason="Ayuda los domingos")
    alice.refresh_from_db()
    assert alice.role == "superadmin"


def test_a_second_factor_is_taken_off(desk, alice):
    turn_on(alice)
    act(desk, "reset-factor", alice, reason="Perdió el teléfono")
    assert AuditEntry.objects.get(action="second_factor_reset").reason == "Perdió el teléfono"


def test_each_person_offers_what_can_be_done_to_them(desk, root, alice):
    hers = desk.get(f"{PEOPLE}{alice.pk}/change/").content.decode()
    assert "act/suspend/" in hers
    assert "act/restore/" not in hers
    assert f"{alice.pk}/view/" in hers
    assert f"{root.pk}/view/" not in desk.get(f"{PEOPLE}{root.pk}/change/").content.decode()
    assert desk.post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["act/suspend/?people=1", "act/nada/?people=1", "act/suspend/", "act/suspend/?people=x"]
)
def test_acts_on_nobody_are_nowhere(desk, alice, browse, path):
    assert desk.get(PEOPLE + path.replace("people=1", "people=987654321")).status_code == 404
    assert browse(alice).get(PEOPLE + path)["Location"] == "/user/dashboard"
