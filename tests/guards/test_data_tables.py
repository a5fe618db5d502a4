"""Every tenant's table is exported or left out with a reason, can be deleted in order, and exports no secret."""

from __future__ import annotations

import re

import pytest
from django.db import models

from config import data_tables
from config.data_tables import LEFT_OUT, SECRETS, exported_fields, in_order_of_deletion, tenant_models
from config.exporting import exported_models
from tenants.models import TenantOwned, User
from tests.guards.test_tenant_models import tenant_models as every_tenant_model

# Names that sound like a secret, and are none.
HARMLESS = {
    "agenda.Reminder.key",
    "assistants.ToolEffect.digest",  # of a tool's arguments, which the row of the agenda holds
    "assistants.TurnUsage.input_tokens",
    "assistants.TurnUsage.output_tokens",
    "assistants.TurnUsage.cache_read_tokens",
    "assistants.TurnUsage.cache_write_tokens",
    "assistants.MonthUsage.tokens",
    "tenants.Allowance.tokens",
    "catalog.Order.key",
    "messaging.Channel.token_checked_at",
    "messaging.Channel.token_is_valid",
    "messaging.Delivery.key",
    "messaging.Letter.key",  # what makes two letters one
    "messaging.WebhookEndpoint.old_secret_until",
    "messaging.PhoneLink.phone_key",
    "messaging.LinkCode.phone_key",
    "messaging.UnansweredQuestion.key",
    "tenants.Contact.whatsapp_key",
    "tenants.Preferences.evening_digest_at",
    "tenants.Preferences.morning_digest_at",
    "tenants.User.must_change_password",
}
sounds_secret = re.compile(r"token|secret|password|hash|digest|(^|_)key|credential")


def test_every_tenants_table_is_exported_or_left_out_with_a_reason():
    labels = {model._meta.label for model in every_tenant_model()}
    assert {model._meta.label for model in exported_models()} | set(LEFT_OUT) == labels
    assert all(LEFT_OUT.values())


def test_every_tenants_table_is_deleted_after_those_that_point_to_it():
    order = in_order_of_deletion()
    assert set(order) == set(every_tenant_model())
    for model in order:
        for field in model._meta.concrete_fields:
            target = field.related_model if isinstance(field, models.ForeignKey) else None
            if target in order and target is not model:
                assert order.index(model) < order.index(target), field
            if target is model:
                assert field.null, f"{field} cannot be let go before its row"


def test_no_field_that_may_hold_a_secret_is_exported():
    exported = {
        f"{model._meta.label}.{name}" for model in [*exported_models(), User] for name in exported_fields(model)
    }
    suspicious = {name for name in exported if sounds_secret.search(name.rsplit(".", 1)[1])}
    assert suspicious <= HARMLESS
    known = {model._meta.label for model in [*tenant_models(), User]}
    assert set(SECRETS) <= known


def test_the_guard_notices_a_secret(monkeypatch):
    monkeypatch.setitem(SECRETS, "messaging.LinkCode", set())
    assert "code_hash" in exported_fields(next(m for m in tenant_models() if m._meta.label == "messaging.LinkCode"))
    with pytest.raises(AssertionError):
        test_no_field_that_may_hold_a_secret_is_exported()


def test_the_guard_notices_a_table_that_is_forgotten(monkeypatch):
    class Forgotten(TenantOwned):
        class Meta:
            app_label = "config"
            managed = False

    try:
        assert Forgotten not in data_tables.tenant_models()  # which was read before
        monkeypatch.setattr("tests.guards.test_data_tables.every_tenant_model", lambda: [*tenant_models(), Forgotten])
        with pytest.raises(AssertionError):
            test_every_tenants_table_is_exported_or_left_out_with_a_reason()
    finally:
        from django.apps import apps

        del apps.all_models["config"]["forgotten"]
        apps.clear_cache()
