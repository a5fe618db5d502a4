from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

OWN = Path(__file__).parent / "data" / "dates_own.json"
ROW = {
    "text": "Nos vemos el 3 de mayo",
    "now": "2026-11-18T10:00:00",
    "timezone": "America/Lima",
    "kind": "date",
    "value": "2027-05-03",
}


def measure(path, capsys, *options):
    call_command("evaluate", "dates", str(path), *options)
    return json.loads(capsys.readouterr().out)


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def test_our_own_set_is_read(capsys, tmp_path):
    measures = measure(OWN, capsys, "--errors", str(tmp_path / "errors"))

    assert measures["n"] >= 300
    assert measures["accuracy"] >= 0.99, (tmp_path / "errors").read_text()
    assert set(measures) == {"n", "accuracy", "by_kind", "ambiguous_flagged", "p50_ms"}
    assert measures["p50_ms"] < 2


def test_our_own_set_has_sentences_of_all_languages_and_kinds():
    rows = json.loads(OWN.read_text())
    languages = [row["id"][:2] for row in rows]

    assert {language: languages.count(language) >= 60 for language in ("es", "en", "pt")} == dict.fromkeys(
        ("es", "en", "pt"), True
    )
    assert {row["kind"] for row in rows} == {"date", "time", "datetime"}
    assert len({row["text"] for row in rows}) > 300


def test_what_is_wrong_is_written_down(capsys, tmp_path):
    rows = [ROW, {**ROW, "value": "2026-05-03"}, {**ROW, "kind": "time", "value": "10:00:00"}]
    measures = measure(write(tmp_path / "set.json", rows), capsys, "--errors", str(tmp_path / "errors"))
    first, second = map(json.loads, (tmp_path / "errors").read_text().splitlines())

    assert measures["accuracy"] == pytest.approx(1 / 3, abs=1e-4)
    assert measures["by_kind"] == {"date": 0.5, "time": 0}
    assert (first["said"], first["value"]) == ("2027-05-03", "2026-05-03")
    assert second["said"] is None


def test_ambiguity_is_measured_where_it_is_marked(capsys, tmp_path):
    rows = [{**ROW, "ambiguous": True}, {**ROW, "text": "mañana", "value": "2026-11-19", "ambiguous": False}]

    assert measure(write(tmp_path / "set.json", {"es": rows}), capsys)["ambiguous_flagged"] == 1
    for row in rows:
        del row["ambiguous"]
    assert measure(write(tmp_path / "set.json", rows), capsys)["ambiguous_flagged"] == 0.5


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        7,
        [7],
        [{**ROW, "timezone": "Mars/Phobos"}],
        [{**ROW, "now": "soon"}],
        [{**ROW, "kind": "duration"}],
        [{**ROW, "text": None, "timezone": None}],
    ],
)
def test_a_file_that_is_no_such_set_is_refused(content, tmp_path):
    with pytest.raises(CommandError):
        call_command("evaluate", "dates", str(write(tmp_path / "set.json", content)))
