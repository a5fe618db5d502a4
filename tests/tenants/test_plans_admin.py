"""Plans, and what was agreed with one tenant, on the superadmin's pages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tenants.models import Allowance, AuditEntry, Plan, User
from tenants.plans import limits_of
from tenants.scope import tenant_scope

PLANS = "/admin/tenants/plan/"
ALLOWANCES = "/admin/tenants/allowance/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plans")]

WHOLE = {
    "name": "Tienda",
    "code": "shop",
    "price": "US$ 9",
    "order": "4",
    "turns": "100",
    "tokens": "",
    "money": "0",
    "messages": "",
    "requests_per_minute": "60",
    "chats_per_minute": "5",
}


@pytest.fixture
def desk(browse, root):
    return browse(root)


def test_a_plan_is_made_changed_and_written_down(desk, alice):
    assert desk.post(f"{PLANS}add/", WHOLE | {"_reason": "Nuevo"}).status_code == 302
    plan = Plan.objects.get(code="shop")
    assert (plan.turns, plan.tokens, plan.money, plan.messages) == (100, None, 0, None)
    page = desk.get(PLANS).content.decode()
    assert "Tienda" in page
    assert "sin límite" in page
    loaded = desk.get(f"{PLANS}{plan.pk}/change/").context["adminform"].form["loaded"].value()
    desk.post(f"{PLANS}{plan.pk}/change/", WHOLE | {"turns": "200", "loaded": loaded})
    plan.refresh_from_db()
    assert plan.turns == 200
    assert AuditEntry.objects.filter(action="changed", changes={"turns": [100, 200]}).exists()


def test_who_has_it_is_counted_and_found(desk, alice, bob):
    plan = Plan.objects.get(code="pro")
    User.objects.filter(pk=bob.pk).update(plan=plan)
    page = desk.get(PLANS).content.decode()
    assert page.count("1 persona") == 2  # the one of new accounts, and pro
    found = desk.get(f"/admin/tenants/user/?plan__id__exact={plan.pk}").content.decode()
    assert "bob" in found
    assert "alice@" not in found


def test_there_is_one_plan_of_new_accounts_and_what_is_in_use_stays(desk, alice):
    assert "Ya hay otro plan" in desk.post(f"{PLANS}add/", WHOLE | {"is_default": "on"}).content.decode()
    free, pro = Plan.objects.get(code="free"), Plan.objects.get(code="pro")
    User.objects.filter(pk=alice.pk).update(plan=pro)
    for plan in (free, pro):
        assert desk.post(f"{PLANS}{plan.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.post(f"{PLANS}{Plan.objects.get(code='custom').pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"money": "-1"},
        {"turns": "-1"},
        {"turns": "muchos"},
        {"code": "dos palabras"},
        {"code": "free"},
        {"money": "NaN"},
    ]
    + [{"requests_per_minute": "0"}, {"turns": "99999999999"}, {"tokens": "9" * 30}],
)
def test_what_cannot_be_is_refused(desk, wrong):
    before = Plan.objects.count()
    answer = desk.post(f"{PLANS}add/", WHOLE | wrong)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Plan.objects.count() == before


def test_an_agreement_is_made_for_one_tenant_and_goes_before_the_plan(desk, alice, bob):
    blank = {"turns": "", "tokens": "", "money": "", "messages": ""}
    answer = desk.post(
        f"{ALLOWANCES}add/", blank | {"person": alice.pk, "money": "12.5", "messages": "0", "note": "Feria"}
    )
    assert answer.status_code == 302
    with tenant_scope(alice):
        found = limits_of(alice)
        row = Allowance.objects.get()
    assert (found.money, found.messages, found.turns) == (Decimal("12.5"), 0, 2000)
    with tenant_scope(bob):
        assert limits_of(bob).messages == 1000
    page = desk.get(ALLOWANCES).content.decode()
    assert "alice" in page
    assert "como el plan" in page
    choices = desk.get(f"{ALLOWANCES}add/").content.decode()
    assert f'<option value="{bob.pk}">' in choices
    assert f'<option value="{alice.pk}">' not in choices, "there is one already"
    url = f"{ALLOWANCES}{row.pk}/change/"
    loaded = desk.get(url).context["adminform"].form["loaded"].value()
    desk.post(url, blank | {"turns": "5", "note": "", "loaded": loaded})
    with tenant_scope(alice):
        assert (limits_of(alice).turns, limits_of(alice).messages) == (5, 1000)
    assert AuditEntry.objects.filter(target_type="tenants.allowance").count() == 2


def test_two_who_save_at_once_are_told(desk):
    plan = Plan.objects.get(code="free")
    url = f"{PLANS}{plan.pk}/change/"
    loaded = desk.get(url).context["adminform"].form["loaded"].value()
    Plan.objects.filter(pk=plan.pk).update(turns=1)
    said = desk.post(url, WHOLE | {"name": "Gratis", "is_default": "on", "loaded": loaded}).content.decode()
    assert "mientras editabas" in said
    assert Plan.objects.get(pk=plan.pk).turns == 1


def test_nobody_else_may_look(browse, alice):
    for url in (PLANS, ALLOWANCES):
        assert browse(alice).get(url).status_code == 302
