"""Senders are killed in the middle, again and again: no letter goes out twice, none is lost, the unknown is shown."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as now_settings
from django.db import connection, transaction

from messaging.mail import claiming, outbox
from messaging.models import Letter, PlatformLetter
from tenants import mail
from tenants.scope import all_tenants
from tests.messaging.mail.posting import drain
from tests.standins.smtp_server import SMTPServer

LETTERS, SENDERS = 150, 2
SHARES = {"before_mail_claim": 0.02, "before_mail_send": 0.04, "after_mail_send": 0.04}
MOODS = {"accept": 80, "linger": 8, "drop": 5, "cut": 2, "busy": 5}
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db(transaction=True)
def test_no_letter_goes_out_twice_and_none_is_lost(alice, bob, root, server: SMTPServer, tmp_path):
    people = [alice, bob, root]
    for number in range(LETTERS):
        with transaction.atomic():
            context = {"alert": {"title": f"Carta {number}"}, "link": "http://127.0.0.1/"}
            mail.post(user=people[number % 3], kind="security", template="alert", context=context)
    server.behaviour = lambda: random.choices(list(MOODS), MOODS.values())[0]
    own = {
        "DATA_DIR": str(now_settings.DATA_DIR),
        "EMAIL_URL": server.url,
        "EMAIL_TIMEOUT": "2",
        "MAIL_ANSWER_SECONDS": "2",
        "RECADO_PERILS": json.dumps(SHARES),
        "RECADO_PERILS_LOG": str(tmp_path / "perils.log"),
    }
    command = [sys.executable, "-m", "tests.messaging.mail.victims", str(connection.settings_dict["NAME"])]
    nurseries = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, text=True)
        for _ in range(SENDERS)
    ]
    killed = sum(nursery.communicate(timeout=240)[0].count("killed") for nursery in nurseries)
    assert [nursery.returncode for nursery in nurseries] == [0] * SENDERS

    server.behaviour = "accept"
    now = datetime.now(UTC) + timedelta(hours=6)  # past every pause and every lease
    for _ in range(5):
        outbox.sweep(now=now)
        drain(now)
        now += timedelta(hours=1)
    with all_tenants():
        rows = [*Letter.objects.all(), *PlatformLetter.objects.all()]
    arrived = Counter(server.names())
    status = Counter(row.status for row in rows)
    lost = [row.name for row in rows if row.status == "sent" and not arrived[row.name]]
    assert (len(rows), max(arrived.values()), lost) == (LETTERS, 1, [])
    assert set(status) <= {"sent", "unknown"}, status
    assert set(arrived) <= {row.name for row in rows}
    assert killed >= 10
    # What nobody knows is what was interrupted or not answered, and it is shown.
    assert claiming.read_figures(now=now).unknown == status["unknown"]
    assert status["unknown"] <= killed * 2 + LETTERS / 4, "most letters are known"
