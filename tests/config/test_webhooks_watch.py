"""What the superadmin and whoever watches the system see of tenants' webhooks: how they do, and no secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from config.findings import examine
from config.gauges import SystemCollector
from messaging.models import WebhookEndpoint
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
SECRET_PATH = "T0PSECRET-in-the-path"


@pytest.fixture
def endpoint(alice) -> WebhookEndpoint:
    with tenant_scope(alice):
        url = f"https://hooks.example.com/{SECRET_PATH}?token=also-secret"
        return factories.webhook_endpoint(alice, url=url, description="Contabilidad")


def test_the_superadmin_sees_where_it_leads_and_no_more(endpoint, root, browse):
    client = browse(root)
    page = client.get("/admin/messaging/webhookendpoint/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "https://hooks.example.com/…" in text
    assert "order_received" in text
    for hidden in (SECRET_PATH, "also-secret", "whsec_", "Contabilidad", endpoint.secret):
        assert hidden not in text
    one = client.get(f"/admin/messaging/webhookendpoint/{endpoint.pk}/change/", follow=True)
    assert SECRET_PATH not in one.content.decode()
    assert client.post("/admin/messaging/webhookendpoint/add/").status_code == 403


def test_its_figures_are_told(endpoint, alice):
    with tenant_scope(alice):
        factories.webhook_delivery(alice, status="queued", pk=None, next_at=timezone.now() - timedelta(minutes=10))
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=timezone.now())
    told = {
        (one.name, *one.labels.values()): one.value
        for family in SystemCollector().collect()
        for one in family.samples
        if "webhook_endpoints" in one.name or "webhooks_" in one.name
    }
    assert told["recado_webhooks_waiting", "queued"] == 1
    assert told["recado_webhook_endpoints", "active"] == 2
    assert told["recado_webhook_endpoints", "failing"] == 1
    assert 590 < told["recado_webhooks_oldest_seconds",] < 660
    found = {(one.state, one.subject): one.text for one in examine()}
    assert "stand still" in found["BAD", "webhooks"]
    assert "1 fail at present" in found["note", "webhooks"]


def test_the_doctor_says_that_this_machine_may_be_called_where_others_come(settings, db):
    settings.WEBHOOKS = settings.WEBHOOKS | {"ALLOW_LOCAL": True}
    settings.STAYS_HERE = False
    assert any(one.subject == "webhooks" and "WEBHOOKS_ALLOW_LOCAL" in one.text for one in examine())
