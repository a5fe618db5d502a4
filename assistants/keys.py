"""Several keys for one model: asked in turn, and those that are refused set aside for everybody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Max

from assistants.configuration import Configuration, Key
from assistants.models import ModelKey
from assistants.providers import provider_for
from assistants.providers.base import (
    ChatMessage,
    Completion,
    Provider,
    ProviderError,
    ProviderFault,
    SystemBlock,
    ToolSpec,
)
from tenants.scope import release_connection

logger = logging.getLogger(__name__)

ASIDE = {ProviderFault.CREDENTIALS: ModelKey.Aside.REFUSED, ProviderFault.NO_CREDIT: ModelKey.Aside.NO_CREDIT}
NEXT_KEY = frozenset({*ASIDE, ProviderFault.RATE_LIMITED})
SHOWN, SHORTEST = 4, 12  # characters of a key that people may see, and how long it is at least for that


class KeyRing(Provider):
    """A model with all its keys. One that is refused, or has nothing left to spend, is set aside; of one that is asked
    too much only the next round is. The key that served is the first of the next round."""

    def __init__(self, configuration: Configuration, *, clock: Callable[[], datetime]) -> None:
        self.name = configuration.provider
        self.model = configuration.model
        self._configuration = configuration
        self._keys = list(configuration.keys) or [Key(configuration.api_key)]
        self._clock = clock

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        heard = False

        def listen(text: str) -> None:
            nonlocal heard
            heard = True
            if on_text is not None:
                on_text(text)

        left = list(self._keys)
        while True:
            key = left.pop(0)
            provider = provider_for(replace(self._configuration, api_key=key.secret), has_other_keys=bool(left))
            try:
                completion = provider.generate(
                    system=system, messages=messages, tools=tools, max_tokens=max_tokens, on_text=listen
                )
            except ProviderError as error:
                if error.kind in ASIDE:
                    self._set_aside(key, error)
                if error.kind not in NEXT_KEY or not left or heard:
                    raise
                continue
            self._served(key)
            return completion

    def _set_aside(self, key: Key, error: ProviderError) -> None:
        if len(self._keys) > 1:
            self._keys.remove(key)
        if key.pk is None or key.is_aside:
            return
        logger.warning("a key of %s is set aside: %s", self.name, error)
        set_aside(pk=key.pk, reason=ASIDE[error.kind], now=self._clock())
        release_connection()

    def _served(self, key: Key) -> None:
        self._keys.remove(key)
        self._keys.insert(0, replace(key, is_aside=False))
        if key.is_aside and key.pk is not None:
            take_back(pk=key.pk)
            release_connection()


def add_key(*, provider: str, address: str, secret: str, by: str, now: datetime) -> ModelKey:
    """Keep a key for one provider at one address, as the last of those it has; one that is there serves again."""
    rows = ModelKey.objects.filter(provider=provider, base_url=address)
    for row in rows:
        if row.secret == secret:
            take_back(pk=row.pk)
            return row
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    return ModelKey.objects.create(
        provider=provider,
        base_url=address,
        secret=secret,
        ends=ending(secret),
        position=position,
        added_at=now,
        added_by=by,
    )


def set_aside(*, pk: int, reason: str, now: datetime) -> None:
    """Ask with it no more while another one serves."""
    ModelKey.objects.filter(pk=pk, set_aside_at=None).update(set_aside_at=now, set_aside_for=reason)


def take_back(*, pk: int) -> None:
    """Ask with it again, in its turn."""
    ModelKey.objects.filter(pk=pk).exclude(set_aside_at=None).update(set_aside_at=None, set_aside_for="")


def ending(secret: str) -> str:
    """The last characters of a key, by which people tell it from others; none of a short one."""
    return secret[-SHOWN:] if len(secret) >= SHORTEST else ""
