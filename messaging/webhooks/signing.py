"""Secrets and signatures after the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks)."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from messaging.webhooks.models import WebhookDelivery, WebhookEndpoint

OVERLAP = timedelta(hours=24)  # in which the secret before the last rotation signs, too
_BYTES = 32
_AGENT = "Recado-Webhooks/1"


def make_secret() -> str:
    """A new secret, in the form that the libraries take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def body_of(delivery: WebhookDelivery) -> str:
    """What is sent and signed, the same text at every try."""
    moment = delivery.happened_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"type": delivery.event, "timestamp": moment, "data": delivery.data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def headers_of(*, delivery: WebhookDelivery, signature: str, now: datetime) -> dict[str, str]:
    """The headers of a request that is sent ``now``; a receiver takes what is at most five minutes old."""
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "webhook-id": delivery.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def headers_as_sent(delivery: WebhookDelivery) -> dict[str, str]:
    """The headers of the last try; without time and signature where there was none yet."""
    if not delivery.attempts:
        return {"Content-Type": "application/json", "User-Agent": _AGENT, "webhook-id": delivery.webhook_id}
    last = delivery.attempts[-1]
    return headers_of(delivery=delivery, signature=last["signature"], now=datetime.fromisoformat(last["at"]))


def sign(*, delivery: WebhookDelivery, endpoint: WebhookEndpoint, now: datetime) -> str:
    """One signature for each secret that holds ``now``, the newest first."""
    keys = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until is not None and now < endpoint.old_secret_until:
        keys.append(endpoint.old_secret)
    text = body_of(delivery)
    return " ".join(Webhook(key).sign(delivery.webhook_id, now.astimezone(UTC), text) for key in keys)
