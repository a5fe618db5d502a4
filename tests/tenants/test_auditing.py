"""Every change on the superadmin's site leaves an entry, and nobody saves over another's work unseen."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, transaction
from django.test import Client

from tenants.admin import AuditedAdmin
from tenants.audit import AuditEntry
from tenants.auditing import HIDDEN, read_values
from tenants.models import Plan, SecondFactor, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(root, browse) -> Client:
    return browse(root)


@pytest.fixture
def plans(desk):
    """A plan's pages by the shared base, whatever else its own admin does."""

    class PlanAdmin(AuditedAdmin):
        actions = ("rise",)

        @admin.action(description="Rise")
        def rise(self, request, queryset):
            for plan in queryset:
                plan.price = f"{plan.price}+"
                plan.save()

    for code, name in (("free", "Gratis"), ("pro", "Pro")):
        Plan.objects.get_or_create(code=code, defaults={"name": name})
    before = admin.site._registry.pop(Plan, None)
    admin.site.register(Plan, PlanAdmin)
    _forget_urls()
    yield "/admin/tenants/plan/"
    admin.site.unregister(Plan)
    if before is not None:
        admin.site._registry[Plan] = before
    _forget_urls()


def _forget_urls() -> None:
    from importlib import reload

    from django.urls import clear_url_caches

    import config.urls

    reload(config.urls)
    clear_url_caches()


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of a change page, unchanged."""
    values = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if not name or (kind and kind[1] in {"submit", "checkbox"} and "checked" not in tag):
            continue
        if not (kind and kind[1] == "submit"):
            usual = "on" if kind and kind[1] == "checkbox" else ""
            values[name[1]] = (value[1] if value else usual).replace("&quot;", '"')
    return values


def load(desk: Client, path: str) -> dict[str, str]:
    return fields_of(desk.get(path).content.decode())


def last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_an_addition_a_change_and_a_deletion_are_written_down(desk, root, plans):
    desk.post(
        f"{plans}add/", {**load(desk, f"{plans}add/"), "code": "big", "name": "Grande", "_reason": "Lo pidió Luz"}
    )
    plan = Plan.objects.get(code="big")
    entry = last()
    assert (entry.actor_id, entry.actor_name, entry.action) == (root.pk, "root", "added")
    assert (entry.target_type, entry.target_id, entry.target_name) == ("tenants.plan", str(plan.pk), "Grande")
    assert (entry.reason, entry.changes["code"], entry.address) == ("Lo pidió Luz", [None, "big"], "127.0.0.1")

    path = f"{plans}{plan.pk}/change/"
    desk.post(path, {**load(desk, path), "name": "Enorme", "turns": "10"})
    assert (last().action, last().changes) == ("changed", {"name": ["Grande", "Enorme"], "turns": [None, 10]})

    desk.post(f"{plans}{plan.pk}/delete/", {"post": "yes"})
    assert (last().action, last().changes["name"]) == ("deleted", ["Enorme", None])
    assert not LogEntry.objects.exists()


def test_saving_without_a_change_leaves_no_entry(desk, plans):
    path = f"{plans}{Plan.objects.first().pk}/change/"
    assert desk.post(path, load(desk, path)).status_code == 302
    assert not AuditEntry.objects.exists()


def test_an_action_is_written_down_for_each_row(desk, plans):
    ids = list(Plan.objects.values_list("pk", flat=True))
    desk.post(plans, {"action": "rise", "_selected_action": ids})
    entries = AuditEntry.objects.all()
    assert {entry.action for entry in entries} == {"rise"}
    assert {entry.target_id for entry in entries} == {str(pk) for pk in ids}
    assert entries[0].changes == {"price": ["", "+"]}
    desk.post(plans, {"action": "delete_selected", "_selected_action": ids[:1], "post": "yes"})
    assert (last().action, last().target_id) == ("deleted", str(ids[0]))


def test_an_entry_stands_or_falls_with_its_change(desk, plans, monkeypatch):
    def fall(*args, **kwargs):
        raise RuntimeError("as if the database broke off")

    monkeypatch.setattr(AuditedAdmin, "write_down", fall)
    plan = Plan.objects.first()
    path = f"{plans}{plan.pk}/change/"
    with pytest.raises(RuntimeError):
        desk.post(path, {**load(desk, path), "name": "Otro"})
    assert Plan.objects.get(pk=plan.pk).name == plan.name


def test_of_two_who_save_at_once_the_second_is_told_and_overwrites_nothing(desk, plans, browse):
    other = browse(User.objects.create_superuser("carlos", password="x"))
    plan = Plan.objects.get(code="free")
    path = f"{plans}{plan.pk}/change/"
    mine, theirs = load(desk, path), load(other, path)
    assert other.post(path, {**theirs, "name": "Básico", "turns": "7"}).status_code == 302

    answer = desk.post(path, {**mine, "name": "Gratuito", "price": "0"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "carlos guardó cambios aquí mientras editabas" in page
    assert "ahora es «Básico»; tú tenías «Gratuito»" in page
    assert "ahora es «7»" in page
    again = fields_of(page)
    assert (again["name"], again["turns"], again["price"]) == ("Básico", "7", "0")  # theirs stands, mine is kept
    plan.refresh_from_db()
    assert (plan.name, plan.turns, plan.price) == ("Básico", 7, "")

    assert desk.post(path, again).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.turns, plan.price) == ("Básico", 7, "0")
    assert last().changes == {"price": ["", "0"]}


def test_secrets_are_compared_and_never_shown(alice):
    factor = SecondFactor(account=alice, secret="JBSWY3DPEHPK3PXP")
    values = read_values(factor)
    assert str(values["secret"]) != factor.secret
    assert "JBSWY3DP" not in repr(values)
    from tenants.auditing import changes_between

    factor.secret = "KRSXG5CTMVRXEZLU"
    assert changes_between(values, read_values(factor)) == {"secret": [HIDDEN, HIDDEN]}
    factor.secret = ""
    assert changes_between(values, read_values(factor)) == {"secret": [HIDDEN, ""]}


def test_every_page_of_one_row_says_which_values_it_was_made_of(desk, alice):
    """Without that nobody would be told of another's changes."""
    page = desk.get(f"/admin/tenants/user/{alice.pk}/change/").content.decode()
    assert 'name="loaded"' in page
    for model, model_admin in admin.site._registry.items():
        assert isinstance(model_admin, AuditedAdmin), f"{model} is not audited"


def test_the_audit_is_read_only_and_can_be_searched(desk, root, plans):
    path = f"{plans}{Plan.objects.get(code='pro').pk}/change/"
    desk.post(path, {**load(desk, path), "name": "Profesional", "_reason": "Nombre nuevo"})
    entry = last()
    page = desk.get("/admin/tenants/auditentry/?q=Nombre").content.decode()
    assert "Nombre nuevo" in page
    assert "Nombre nuevo" not in desk.get("/admin/tenants/auditentry/?q=otra").content.decode()
    assert "Profesional" in desk.get(f"/admin/tenants/auditentry/{entry.pk}/change/").content.decode()
    assert desk.get("/admin/tenants/auditentry/add/").status_code == 403
    assert desk.post(f"/admin/tenants/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    history = desk.get(f"{plans}{Plan.objects.get(code='pro').pk}/history/")
    assert "target_id__exact" in history["Location"]
    assert "Nombre nuevo" in desk.get(history["Location"]).content.decode()
    for change in (lambda: entry.delete(), lambda: AuditEntry.objects.update(reason="otra")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
