"""Finding products: by their words and by what they mean, in one ranking.

The words are PostgreSQL's full text (``catalog_product.words``), the query widened by what its words also mean; the
meaning is pgvector's cosine, exact among the tenant's products. Both are asked for candidates, ``catalog.fusion`` ranks
them. Without vectors, or with the provider of vectors down, words alone answer.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pgvector import HalfVector

from catalog import large
from catalog.embeddings import EmbeddingUnavailable, Vector, embed_query
from catalog.fusion import Found, fuse, score_words
from catalog.indexes import Indexes, indexes_of
from catalog.models import Product
from catalog.statements import KEY, MOST_OPERANDS, OFFERED, Offered, fetch, write_operands
from catalog.synonyms import Group, correct, read_query
from tenants.models import User
from tenants.sorting import plain

if TYPE_CHECKING:

    class Hit(Product):
        """A product that was found. ``score`` is from 0 to 1, comparable in one answer."""

        score: float

        class Meta:
            abstract = True

else:
    Hit = Product

logger = logging.getLogger(__name__)

LONGEST_QUERY = 2000  # characters
MOST_WORD_HITS = 2000  # products whose words are looked at; beyond, those go first that hold all that was said
MOST_VECTOR_HITS = 150
MOST_SIZED = 5000  # products counted to tell how rare a word is
LEAST_MEANING = 0.12  # cosine: below it nothing is like the query
LONGEST_SKU = 64
PUNCTUATION = "¿?¡!.,;:()«»\"'"


_WORDS = f"""
    SELECT p.id, u.lexeme, array_to_string(u.weights, '') FROM (
        SELECT p.id, p.words FROM catalog_product p WHERE {OFFERED} AND p.words @@ %(meant)s::tsquery
        ORDER BY (p.words @@ %(whole)s::tsquery) DESC, (p.words @@ %(said)s::tsquery) DESC LIMIT %(most)s
    ) p, unnest(p.words) u WHERE left(u.lexeme, %(key)s) = ANY(%(keys)s)
"""  # noqa: S608  (put together from constants, as the ones below)

_VOCABULARY = f"""
    SELECT DISTINCT u.lexeme FROM (SELECT p.words FROM catalog_product p WHERE {OFFERED} LIMIT %(most)s) p,
    unnest(p.words) u
    WHERE left(u.lexeme, 1) = ANY(%(firsts)s) AND length(u.lexeme) BETWEEN %(shortest)s AND %(longest)s
"""  # noqa: S608

_MEANING = f"""
    SELECT e.product_id, 1 - (e.vector <=> %(vector)s::halfvec) FROM catalog_productembedding e
    JOIN catalog_product p ON p.user_id = e.user_id AND p.id = e.product_id
    WHERE e.user_id = %(user)s AND e.model = %(model)s AND e.dimension = %(dimension)s AND {OFFERED}
    AND (%(ids)s::bigint[] IS NULL OR e.product_id = ANY(%(ids)s))
    ORDER BY e.vector <=> %(vector)s::halfvec LIMIT %(most)s
"""  # noqa: S608

# The key is what an index answers; two SKUs that differ in an accent share it.
_SKUS = f"""
    SELECT p.id FROM catalog_product p
    WHERE {OFFERED} AND p.sku_key = ANY(%(keys)s) AND lower(p.sku) = ANY(%(skus)s)
"""  # noqa: S608

_SIZE = f"SELECT count(*) FROM (SELECT FROM catalog_product p WHERE {OFFERED} LIMIT %(most)s) p"  # noqa: S608

_SIMILAR = """
    SELECT e.product_id, 1 - (e.vector <=> o.vector) + CASE WHEN p.category = %(category)s THEN 0.1 ELSE 0 END
    FROM catalog_productembedding o
    JOIN catalog_productembedding e ON e.user_id = o.user_id AND e.model = o.model AND e.dimension = o.dimension
    JOIN catalog_product p ON p.user_id = e.user_id AND p.id = e.product_id AND p.active AND p.id <> o.product_id
    WHERE o.user_id = %(user)s AND o.product_id = %(product)s ORDER BY 2 DESC LIMIT %(most)s
"""


def search(
    *,
    user: User,
    query: str,
    limit: int = 10,
    category: str = "",
    in_stock: bool = False,
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
) -> list[Hit]:
    """The active products of ``user``, whose scope is open, that answer ``query`` best; the best first.

    An exact SKU comes first. An empty query finds nothing. A provider of vectors that is down makes the answer worse,
    never an error.
    """
    query = query.encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ").strip()[:LONGEST_QUERY]
    if not query or limit < 1:
        return []
    try:
        embedded: tuple[str, Vector] | None = embed_query(query)
    except EmbeddingUnavailable as fault:
        logger.warning("A search goes on without vectors: %s", fault)
        embedded = None
    offered = {
        "user": user.pk,
        "category": category or None,
        "in_stock": in_stock,
        "min_price": min_price,
        "max_price": max_price,
    }
    indexes = indexes_of(user.pk)
    asked = _ask_meaning(offered, embedded) if embedded else {}
    meaning = _find_nearest(asked, indexes) if embedded else {}
    words = _score_by_words(offered, query, near=meaning, indexes=indexes)
    if embedded:
        meaning = _complete_meaning(asked, meaning, words)
    scores = fuse(words=words, meaning=meaning)
    scores |= dict.fromkeys(_find_skus(offered, query), 1.0)
    return _load(scores, limit)


def similar(*, user: User, product: Product, limit: int = 5) -> list[Hit]:
    """The active products of ``user``, whose scope is open, that are most like ``product``, which is not among them."""
    asked = {"user": user.pk, "product": product.pk, "category": product.category or None, "most": limit}
    scores = {pk: min(max(float(score), 0.0), 1.0) for pk, score in fetch(_SIMILAR, asked)}
    if scores:
        return _load(scores, limit)
    text = f"{product.name} {product.category}"
    return [hit for hit in search(user=user, query=text, limit=limit + 1) if hit.pk != product.pk][:limit]


def _score_by_words(offered: Offered, query: str, *, near: Iterable[int], indexes: Indexes) -> dict[int, float]:
    groups = read_query(query)
    scores, has = _rank_words(offered, groups, near, indexes)
    lost = [group for group, held in zip(groups, has, strict=True) if not held and _may_be_slip(group)]
    if lost:
        vocabulary = _read_vocabulary(offered, [word for group in lost for word in group.words], indexes)
        corrected = False
        for group in lost:
            terms = correct(group, vocabulary)
            corrected = corrected or bool(terms)
            group.terms += terms
        if corrected:
            scores, _ = _rank_words(offered, groups, near, indexes)
    return scores


def _rank_words(
    offered: Offered, groups: Sequence[Group], near: Iterable[int], indexes: Indexes
) -> tuple[dict[int, float], list[bool]]:
    if not groups:
        return {}, []
    if indexes.words:
        found = large.find_words(offered, groups, near)
        held, size = large.estimate_held(offered, groups)
        return score_words(groups=groups, found=found, size=size, held=held)
    found = _find_words(offered, groups)
    size = int(fetch(_SIZE, {**offered, "most": MOST_SIZED})[0][0])
    return score_words(groups=groups, found=found, size=size)


def _find_words(offered: Offered, groups: Sequence[Group]) -> Found:
    meant, keys = write_operands(term for group in groups for term in group.terms)
    each = [write_operands(group.terms[:1])[0] for group in groups[:MOST_OPERANDS]]
    said, whole = "|".join(each), "&".join(f"({one})" for one in each)
    asked = {**offered, "meant": meant, "said": said, "whole": whole, "most": MOST_WORD_HITS, "key": KEY, "keys": keys}
    found: dict[int, list[tuple[str, str]]] = {}
    for pk, lexeme, letters in fetch(_WORDS, asked):
        found.setdefault(pk, []).append((lexeme, letters))
    return found


def _may_be_slip(group: Group) -> bool:
    return any(len(word) >= 4 and word.isalpha() for word in group.words)


def _read_vocabulary(offered: Offered, words: Sequence[str], indexes: Indexes) -> list[str]:
    """The words of the tenant's products that begin and end about where ``words`` do."""
    firsts = {letter for word in words for letter in _first_letters(word)}
    shortest, longest = max(4, min(map(len, words)) - 2), max(map(len, words)) + 2
    if indexes.words:
        known = large.read_vocabulary(offered["user"])
        return [word for word in known if word[0] in firsts and shortest <= len(word) <= longest]
    asked = {**offered, "most": MOST_SIZED, "firsts": sorted(firsts), "shortest": shortest, "longest": longest}
    return sorted(lexeme for (lexeme,) in fetch(_VOCABULARY, asked) if lexeme.isalpha())


def _first_letters(word: str) -> str:
    alike = next((letters for letters in ("bv", "csz", "ckq", "gj", "yl", "ie") if word[0] in letters), word[0])
    return alike + (word[1] if word[0] == "h" and len(word) > 1 else "h")


def _find_nearest(asked: Offered, indexes: Indexes) -> dict[int, float]:
    # The index knows neither categories nor prices: what few products they leave is compared one by one.
    narrowed = asked["category"] or asked["min_price"] is not None or asked["max_price"] is not None
    if indexes.vectors and not narrowed:
        found = large.find_nearest(asked, dimension=asked["dimension"])
        if found is not None:
            return found
    return dict(fetch(_MEANING, asked))


def _complete_meaning(asked: Offered, meaning: dict[int, float], words: dict[int, float]) -> dict[int, float]:
    """``meaning`` with the cosines of the best by words, less those that are like the query in nothing."""
    if len(meaning) >= large.LEAST_NEAREST:
        best = sorted(words, key=lambda pk: -words[pk])[:MOST_VECTOR_HITS]
        others = [pk for pk in best if pk not in meaning]
        if others:
            meaning = meaning | dict(fetch(_MEANING, {**asked, "ids": others}))
    return {pk: cosine for pk, cosine in meaning.items() if cosine >= LEAST_MEANING or pk in words}


def _ask_meaning(offered: Offered, embedded: tuple[str, Vector]) -> dict[str, Any]:
    model, vector = embedded
    return {
        **offered,
        "model": model,
        "vector": HalfVector(vector).to_text(),
        "dimension": vector.size,
        "ids": None,
        "most": MOST_VECTOR_HITS,
    }


def _find_skus(offered: Offered, query: str) -> list[int]:
    """Products whose SKU is the query, or a word of it with a digit in it."""
    whole = query.lower()
    asked = {whole, *(word for word in (part.strip(PUNCTUATION) for part in whole.split()) if re.search(r"\d", word))}
    skus = sorted(sku for sku in asked if 0 < len(sku) <= LONGEST_SKU)
    keys = [plain(sku) for sku in skus]
    return [pk for (pk,) in fetch(_SKUS, {**offered, "skus": skus, "keys": keys})] if skus else []


def _load(scores: dict[int, float], limit: int) -> list[Hit]:
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[:limit]
    products = Product.objects.active().in_bulk(best)
    hits = []
    for pk in best:
        if pk in products:
            hit = cast(Hit, products[pk])
            hit.score = round(scores[pk], 4)
            hits.append(hit)
    return hits
