from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog import evaluations
from catalog.evaluation import ndcg, recall, reciprocal_rank
from catalog.models import Product
from catalog.vectors import ProductEmbedding
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests.factories import product

SET = {
    "products": [
        {"id": "a", "name": "Martillo", "description": "Cabeza de acero", "category": "Herramientas", "price": 10},
        {"id": "b", "name": "Almohada", "description": None, "category": "", "price": "x", "tags": ["quetzal"]},
        {"id": 7, "name": "Lápiz", "price": 1e400, "sku": "X-1"},
        {"id": 8, "name": "Borrador\u0000", "price": -4, "sku": "x-1"},
    ],
    "queries": [
        {"query": "martillos", "relevant": ["a"]},
        {"query": "x-1", "relevant": [7]},
        {"query": "quetzal", "relevant": ["b"]},
    ],
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "set.json"
    path.write_text(json.dumps(SET).replace("Infinity", "1e400"))
    return path


def _left():
    with all_tenants():
        return User.objects.count(), Product.objects.count(), ProductEmbedding.objects.count()


def test_the_measures_are_the_usual_ones():
    assert ndcg(["x", "a"], ["a"]) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["a", "b"], ["a", "b"]) == 1
    assert recall(list("abcdef"), ["a", "f"]) == 0.5
    assert reciprocal_rank(["x", "a"], ["a"]) == 0.5
    assert reciprocal_rank(["x"], ["a"]) == 0


@pytest.mark.django_db
def test_it_prints_one_line_and_leaves_nothing_behind(alice, bob, file, tmp_path, capsys):
    with tenant_scope(alice):
        product(alice)
    before = _left()
    errors = tmp_path / "misses.jsonl"
    call_command("evaluate", "search", str(file), "--errors", str(errors))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    measures = json.loads(lines[0])
    assert list(measures) == ["queries", "ndcg@10", "recall@5", "mrr", "p50_ms"]
    assert measures["queries"] == 3
    assert measures["p50_ms"] > 0
    misses = [json.loads(line) for line in errors.read_text().splitlines()]
    assert "martillos" not in [miss["query"] for miss in misses]
    assert _left() == before


@pytest.mark.django_db
def test_tags_are_not_indexed(alice, file, monkeypatch):
    seen = []
    monkeypatch.setattr(evaluations, "search", lambda **asked: seen.append(_texts()) or [])
    call_command("evaluate", "search", str(file))
    assert any("Martillo" in text for text in seen[-1])
    assert not any("quetzal" in text for text in seen[-1])


def _texts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM catalog_product p")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_it_leaves_nothing_behind_when_it_is_interrupted(alice, file, monkeypatch, fault):
    before = _left()

    def fail(**_):
        raise fault

    monkeypatch.setattr(evaluations, "search", fail)
    with pytest.raises(fault):
        call_command("evaluate", "search", str(file))
    assert _left() == before


@pytest.mark.django_db
def test_what_a_killed_evaluation_left_is_removed_by_the_next(alice, file):
    before = _left()
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    left = User.objects.create(username=f"{evaluations.PREFIX}{gone.pid}-abc")
    with tenant_scope(left):
        product(left)
    call_command("evaluate", "search", str(file))
    assert _left() == before


@pytest.mark.django_db
def test_nobody_can_sign_up_under_the_name_of_what_is_thrown_away(api, file):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    for name in (f"{evaluations.PREFIX}{gone.pid}-abc", f"evaluation-{gone.pid}-abc"):
        api().post("/api/auth/register", {"username": name, "password": "jacaranda-lila-31"})
    before = _left()
    call_command("evaluate", "search", str(file))
    assert _left() == before


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_leaves_nothing_behind(file, tmp_path):
    many = SET | {"queries": SET["queries"] * 5000}
    file.write_text(json.dumps(many))
    name = connection.settings_dict["NAME"]
    program = (
        "import django; django.setup(); from django.db import connection; "
        f"connection.settings_dict['NAME'] = {name!r}; "
        f"from django.core.management import call_command; call_command('evaluate', 'search', {str(file)!r})"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stderr=subprocess.DEVNULL,
        # Whoever runs the tests in the background may have SIGINT ignored, which a child inherits.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        _wait_for(lambda: User.objects.filter(username__startswith=evaluations.PREFIX).exists() and _left()[1] == 4)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) != 0
    finally:
        running.kill()
        running.wait()
    assert _left() == (0, 0, 0)


def _wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"products": [], "queries": []}', '{"products": 3, "queries": 4}'])
def test_it_says_what_is_wrong_with_a_file(tmp_path, text):
    path = tmp_path / "set.json"
    path.write_text(text)
    with pytest.raises(CommandError, match=r"set\.json"):
        call_command("evaluate", "search", str(path))


def test_it_names_what_can_be_evaluated(file):
    with pytest.raises(CommandError, match="search"):
        call_command("evaluate", "nothing", str(file))
