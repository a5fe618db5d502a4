from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from tenants import limits
from tenants.authentication import issue_tokens
from tenants.housekeeping import forget_expired
from tenants.limits import LimitWindow

pytestmark = pytest.mark.django_db


def test_what_is_over_goes_and_what_is_not_stays(alice, browse, settings):
    settings.LIMITS = True
    browse(alice)
    issue_tokens(user=alice)
    limits.hit(limit=limits.Limit("short", 1, timedelta(minutes=1)), who="alice")
    now = timezone.now()

    assert forget_expired(now=now) == 0
    assert forget_expired(now=now + timedelta(minutes=2)) == 1
    assert not LimitWindow.objects.exists()
    assert forget_expired(now=now + timedelta(days=13)) == 0
    assert forget_expired(now=now + timedelta(days=15)) == 3  # the session, the token, and where it was good
    assert not OutstandingToken.objects.exists()
    assert not Session.objects.exists()
