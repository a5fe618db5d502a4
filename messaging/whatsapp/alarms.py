"""What stops a number, or is about to: noted on the number, and told by the bell and a letter to whom it belongs.

Each is told once, when it begins. What is wrong with the platform's own number is the superadmin's: it stands in the
log and among the figures. Each in the caller's transaction, which has locked the row.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from messaging import bell
from messaging.whatsapp.channels import Channel, NumberState
from messaging.whatsapp.errors import Reaction, explain
from tenants.models import User

logger = logging.getLogger(__name__)

PAGE = "/user/whatsapp"
AGAIN = timedelta(hours=24)  # a problem with the payment is told again after that

Pause = NumberState.Pause


def mark_token_invalid(state: NumberState, *, now: datetime) -> None:
    """WhatsApp does not accept the token: nothing goes out until there is another."""
    is_new = state.token_is_valid is not False or not state.paused_for
    state.token_is_valid, state.token_checked_at = False, now
    if not state.paused_for:
        state.paused_for, state.paused_at = Pause.TOKEN, now
    state.save(update_fields=["token_is_valid", "token_checked_at", "paused_for", "paused_at"])
    if is_new:
        _alert(state, Reaction.RECONNECT, now=now)


def mark_blocked(state: NumberState, *, now: datetime) -> None:
    """WhatsApp has blocked the account: nothing goes out."""
    is_new = state.paused_for != Pause.BLOCKED
    state.paused_for, state.paused_at = Pause.BLOCKED, now if is_new else state.paused_at
    state.save(update_fields=["paused_for", "paused_at"])
    if is_new:
        _alert(state, Reaction.HALT, now=now)


def mark_payment_problem(state: NumberState, *, now: datetime) -> None:
    """What is charged is not delivered until the payment is put right."""
    is_new = state.payment_problem_at is None or state.payment_problem_at < now - AGAIN
    state.payment_problem_at = now
    state.save(update_fields=["payment_problem_at"])
    if is_new:
        _alert(state, Reaction.BILLING, now=now)


def limit_to_replies(state: NumberState, *, until: datetime, now: datetime) -> None:
    """Meta's spam limit: until then only those who write are answered."""
    is_new = state.no_proactive_before is None or state.no_proactive_before <= now
    state.no_proactive_before = max(until, state.no_proactive_before or until)
    state.save(update_fields=["no_proactive_before"])
    if is_new:
        _alert(state, Reaction.STOP_PROACTIVE, now=now)


def _alert(state: NumberState, reaction: Reaction, *, now: datetime) -> None:
    if not isinstance(state, Channel):
        logger.error("the shared number %s: %s", state.phone_number_id, reaction)
        return
    user = User.objects.get(pk=state.user_id)
    with translation.override(user.language):
        said = explain(code=None, detail=reaction)
        title = _("Tu número de WhatsApp %(number)s: %(what)s") % {"number": state, "what": said.text}
        bell.alert(user=user, title=title, body=said.remedy, url=PAGE, now=now)
