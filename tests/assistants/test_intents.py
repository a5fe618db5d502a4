from __future__ import annotations

import csv
import json
import pickle
import time
from pathlib import Path
from statistics import median

import pytest
from django.core.management import CommandError, call_command

from assistants.intents import Intent, decide, detect_intent, detection
from assistants.intents.features import LONGEST_HEAD, LONGEST_TAIL, clip, read_words
from assistants.intents.sentences import fingerprint, read_sentences
from assistants.intents.variation import vary
from assistants.intents.weights import load_weights
from catalog.embeddings import EmbeddingUnavailable, current_provider

DATA = Path(__file__).parent / "data"
APART = DATA / "intents_apart.csv"
FRESH = DATA / "intents_fresh.csv"
LAST = DATA / "intents_last.csv"

CLEAR = {
    "commercial": [
        "¿Tienen laptops?",
        "hola, tienen cemento?",
        "quiero comprar leche",
        "cancelar mi pedido",
        "¿a qué hora abren mañana?",
        "quiero reservar una cita con ustedes",
        "necesito un recordatorio del pago de mi pedido",
        "xq no llega mi pedido",
        "sube a 25 el precio del martillo de 16 oz",
        "I want to return these shoes",
        "do you ship to Canada?",
        "where is my package",
        "vocês entregam em casa?",
        "lavado en seco, por favor",
        "¿de qué están hechas?",
        "ver promociones",
        "add to cart",
    ],
    "personal": [
        "¿qué tengo mañana?",
        "cancelar mi cita",
        "recuérdame comprar leche",
        "agéndame una reunión con Juan el jueves a las 3",
        "q tengo mñn",
        "add buy milk to my to-do list",
        "remind me to buy milk",
        "what's on my calendar tomorrow",
        "set an alarm for 7 am",
        "o que tenho na agenda amanhã",
        "¿cuándo es mi clase de natación?",
        "añadir pan a la lista de la compra",
        "acepta la invitación de Marta",
        "is Paula free on Friday?",
    ],
    "none": [
        "hola",
        "hola, buenas tardes",
        "gracias",
        "jajaja",
        "¿quién eres?",
        "cuéntame un chiste",
        "¿va a llover mañana?",
        "thank you so much",
        "how are you today?",
        "obrigado, tchau",
        "¿qué hora es en Tokio?",
        "habla más despacio",
        "that is not what I asked",
        "how much is 40 euros in dollars?",
    ],
}


def measure(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    call_command("evaluate", "intents", str(path), *options, skip_checks=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def crossed(confusion: dict) -> int:
    return confusion["commercial"]["personal"] + confusion["personal"]["commercial"]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in CLEAR.items() for text in texts])
def test_it_knows_what_a_message_is_about(kind: str, text: str) -> None:
    assert detect_intent(text) == kind


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        *(("commercial", word) for word in ("producto", "precio", "comprar", "stock", "catálogo", "PRECIOS")),
        *(("personal", word) for word in ("cita", "reunión", "agenda", "tarea", "recordar", "Reuniones")),
    ],
)
def test_a_keyword_says_it_by_itself(kind: str, word: str) -> None:
    assert detect_intent(word) == kind
    assert detect_intent(f"{word} por favor") == kind


def test_an_intent_is_its_kind_and_knows_its_score() -> None:
    intent = detect_intent("¿Tienen laptops?")
    assert isinstance(intent, Intent)
    assert (intent, intent.kind, f"{intent}") == ("commercial", "commercial", "commercial")
    assert 0.8 < intent.score <= 1
    again = pickle.loads(pickle.dumps(intent))  # noqa: S301  (our own)
    assert (again, again.score) == (intent, intent.score)
    assert json.dumps({"intent": intent}) == '{"intent": "commercial"}'


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "👍🎉", "\ud800", "¿?¡!...", "\u200b", "___", "‮⁦", "🇲🇽" * 30_000])
def test_what_holds_no_word_is_none_and_scores_nothing(text: str) -> None:
    assert (detect_intent(text), detect_intent(text).score) == ("none", 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "¿tienen cemento? " * 6_000,
        "\x00hola\ud800 tienen\x00 laptops",
        "ñ́" * 50_000,
        "0" * 100_000,
        "ab " * 40_000,
        "مرحبا هل لديكم حليب",
        "你好,有牛奶吗?",
        "\u0301" * 100_000 + "a",
        "<script>alert(1)</script>",
    ],
    ids=range(10),
)
def test_any_text_is_read_and_soon(text: str) -> None:
    detect_intent("hola")
    started = time.process_time()
    intent = detect_intent(text)
    assert time.process_time() - started < 5
    assert intent in ("commercial", "personal", "none")
    assert 0 <= intent.score <= 1


def test_what_cannot_be_read_does_not_hide_what_can() -> None:
    assert detect_intent("\x00hola\ud800 tienen\x00 laptops") == "commercial"
    assert detect_intent("¿tienen cemento? " * 6_000) == "commercial"


def test_a_long_complaint_is_read_at_both_ends() -> None:
    story = "les cuento que estuve esperando y esperando sin que nadie me dijera nada " * 40
    text = f"buenas tardes compré un ventilador con ustedes {story} quiero que me devuelvan mi dinero"
    assert len(clip(text)) <= LONGEST_HEAD + LONGEST_TAIL
    assert clip(text).endswith("devuelvan mi dinero")
    assert detect_intent(text) == "commercial"


def test_short_forms_are_read_as_words() -> None:
    assert read_words(clip("¡Xq NO llega?? mñn, tmb 4821 holaaaa")) == [
        "¡", "porque", "no", "llega", "?", "?", "manana", "tambien", "####", "holaa",
    ]  # fmt: skip


def test_words_alone_do_when_there_is_no_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise EmbeddingUnavailable("no file")

    monkeypatch.setattr(detection, "embed_locally", fail)
    assert detect_intent("¿Tienen laptops?") == "commercial"
    assert detect_intent("recuérdame comprar leche") == "personal"


def test_the_local_model_serves_whatever_the_settings_name(settings: object) -> None:
    local = current_provider()
    settings.EMBEDDING_PROVIDER, settings.OPENAI_BASE_URL = "openai", "http://127.0.0.1:9"  # type: ignore[attr-defined]
    assert current_provider() is not local
    assert detect_intent("¿Tienen laptops?") == "commercial"
    settings.EMBEDDING_PROVIDER, settings.OPENAI_API_KEY = "local", "x"  # type: ignore[attr-defined]
    assert current_provider() is local  # one in a process, whatever other settings say


@pytest.mark.parametrize(
    ("path", "accuracy", "most_crossed"), [(APART, 0.91, 0.04), (FRESH, 0.94, 0.02), (LAST, 0.92, 0.02)]
)
def test_sets_kept_apart_are_understood(
    path: Path, accuracy: float, most_crossed: float, capsys: pytest.CaptureFixture[str]
) -> None:
    measures = measure(path, capsys)
    assert measures["accuracy"] >= accuracy
    assert crossed(measures["confusion"]) <= most_crossed * measures["n"]


def test_nothing_that_is_kept_apart_was_learnt() -> None:
    learnt = {" ".join(read_words(clip(each.text))) for each in read_sentences()}
    for path in (APART, FRESH, LAST):
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        same = [row["text"] for row in rows if " ".join(read_words(clip(row["text"]))) in learnt]
        assert [text for text in same if len(text.split()) > 2] == []  # «precio» may be asked in any set


def test_the_weights_are_those_of_the_sentences() -> None:
    """After a change of the sentences: `manage.py train_intents`."""
    assert load_weights().fingerprint == fingerprint()


def test_what_was_learnt_is_understood() -> None:
    rows = [each for number, each in enumerate(read_sentences()) if number % 12 == 0]
    right = sum(detect_intent(each.text) == each.kind for each in rows)
    assert right / len(rows) > 0.97


def test_sentences_are_many_and_of_all_languages() -> None:
    sentences = read_sentences()
    assert len(sentences) > 10_000
    assert len({each.text for each in sentences}) == len(sentences)
    assert all("{" not in each.text and "<" not in each.text and "|" not in each.text for each in sentences)
    for kind in ("commercial", "personal", "none"):
        languages = [each.language for each in sentences if each.kind == kind]
        assert min(languages.count("es"), languages.count("en")) > 1_000
        assert languages.count("pt") > 50
    assert [each.text for each in read_sentences()] == [each.text for each in sentences]


def test_the_same_sentence_varies_in_the_same_way() -> None:
    text = "¿Cuánto cuesta el envío a Lima, por favor?"
    assert vary(text, language="es", greet=True) == vary(text, language="es", greet=True)
    varied = {vary(each.text, language=each.language, greet=True) for each in read_sentences()[:500]}
    assert len(varied) > 450


@pytest.mark.parametrize(
    ("message", "context", "assistant"),
    [
        ("¿qué tengo mañana?", None, "personal"),
        ("¿qué tengo mañana?", "commercial", "personal"),
        ("¿tienen martillos?", "personal", "commercial"),
        ("hola", None, "commercial"),
        ("hola", "personal", "personal"),
        ("hola", "commercial", "commercial"),
        ("sí", "personal", "personal"),
        ("sí", "commercial", "commercial"),
        ("la segunda", "personal", "personal"),
        ("la segunda", "commercial", "commercial"),
        ("¿y el jueves?", "commercial", "commercial"),
        ("¿y el jueves?", "personal", "personal"),
        ("and tomorrow?", "commercial", "commercial"),
        ("¿y a las 5?", "commercial", "commercial"),
        ("e amanhã?", "commercial", "commercial"),
        ("", None, "commercial"),
        ("", "personal", "personal"),
        ("👍", "personal", "personal"),
        ("hola", "another", "commercial"),
    ],
)
def test_the_intent_decides_and_else_the_talk(message: str, context: str | None, assistant: str) -> None:
    assert decide(message, context=context) == assistant


class TestEvaluate:
    def write(self, path: Path, content: str | bytes) -> Path:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def test_it_prints_one_line_and_writes_the_misses(self, capsys, tmp_path) -> None:
        rows = "text,label\n¿Tienen laptops?,commercial\n¿Tienen sillas?,personal\ngracias,none\n\n"
        path = self.write(tmp_path / "set.csv", rows)
        measures = measure(path, capsys, "--errors", str(tmp_path / "errors"))
        assert list(measures) == ["n", "accuracy", "confusion", "p50_ms"]
        assert (measures["n"], measures["accuracy"]) == (3, 0.6667)
        assert measures["confusion"] == {
            "commercial": {"commercial": 1, "personal": 0, "none": 0},
            "personal": {"commercial": 1, "personal": 0, "none": 0},
            "none": {"commercial": 0, "personal": 0, "none": 1},
        }
        (miss,) = map(json.loads, (tmp_path / "errors").read_text().splitlines())
        assert (miss["text"], miss["label"], miss["said"]) == ("¿Tienen sillas?", "personal", "commercial")
        assert 0 < miss["score"] <= 1

    @pytest.mark.parametrize(
        "content",
        [
            b"\xef\xbb\xbftext,label\r\nhola,none\r\n",
            "text,label\nhola,none\n".encode("utf-16"),
            b'Text;Label\n"hola; ""buenas""";None\n',
            b"id\ttext\tlabel\n1\thola\tnone\n",
            b'label,text\nnone,"hola\nbuenas"\n',
            b"text,label\n,none\n",
            b"text,label\nhola" + b" ja" * 30_000 + b",none\n",
        ],
        ids=range(7),
    )
    def test_tables_of_all_programs_are_read(self, content, capsys, tmp_path) -> None:
        assert measure(self.write(tmp_path / "set.csv", content), capsys)["n"] == 1

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"", "no message"),
            (b"text,label\n", "no message"),
            (b"message,label\nhola,none\n", "no column text"),
            (b"a\nhola\n", "no column text and no column label"),
            (b"text,label\nhola,nada\n", "row 1: unknown label 'nada'"),
            (b"text,label\nhola\n", "line 2: 1 columns"),
            (b"text,label\nhola, amigo,none\n", "line 2: 3 columns"),
            ("text,label\n¿qué?,none\n".encode("cp1252"), "not UTF-8"),
            (b"\xff\xfet\x00\x00", "not UTF-16"),
            (b"text,label\n" + b"x" * 200_000 + b",none\n", "line 2: field larger"),
            (b'text,label\n"hola,none\n', "columns"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        ],
        ids=range(12),
    )
    def test_it_says_what_is_wrong_with_a_file(self, content, complaint, tmp_path) -> None:
        path = self.write(tmp_path / "set.csv", content)
        with pytest.raises(CommandError, match=rf"set\.csv: .*{complaint}"):
            call_command("evaluate", "intents", str(path), skip_checks=True)

    def test_it_says_that_there_is_no_such_file(self, tmp_path) -> None:
        for path in (tmp_path / "none.csv", tmp_path):
            with pytest.raises(CommandError, match=path.name):
                call_command("evaluate", "intents", str(path), skip_checks=True)

    def test_it_says_that_misses_cannot_be_written(self, tmp_path) -> None:
        path = self.write(tmp_path / "set.csv", "text,label\nhola,none\n")
        with pytest.raises(CommandError, match="nowhere"):
            call_command(
                "evaluate", "intents", str(path), "--errors", str(tmp_path / "nowhere" / "errors"), skip_checks=True
            )


def test_a_message_takes_less_than_five_milliseconds() -> None:
    with APART.open(newline="", encoding="utf-8") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]
    durations = []
    for text in texts:
        started = time.thread_time()
        detect_intent(text)
        durations.append(time.thread_time() - started)
    assert median(durations) < 0.005
