"""Deciding which model answers everybody: tested before it counts, kept as a version, and taken back the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from assistants import breaker, keys
from assistants.configuration import Configuration, Key, active_version, address_of, resolve
from assistants.models import LLMConfiguration
from assistants.probes import Probe, probe
from assistants.providers.base import ProviderFault

LOCK = 7_231_060  # the advisory lock of whoever activates a version

MAIN, FALLBACK = "main", "fallback"
PRICES = ("input_price", "output_price", "cache_read_price", "cache_write_price")
DECIDED = (
    *("provider", "model", "base_url", "max_tokens", *PRICES),
    *("fallback_provider", "fallback_model", "fallback_base_url", *(f"fallback_{name}" for name in PRICES)),
)  # what a version says


@dataclass(frozen=True, slots=True)
class Trial:
    """A wanted version after its test calls: what each model answered, and the new keys that go with it."""

    wanted: LLMConfiguration
    found: Mapping[str, Probe]
    new_keys: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        return all(one.is_good for one in self.found.values())


class DecidedMeanwhile(Exception):
    """Somebody else activated another version in between; ``current`` is that one, None when there is none."""

    def __init__(self, current: LLMConfiguration | None) -> None:
        super().__init__("another version was activated meanwhile")
        self.current = current


def try_out(*, wanted: LLMConfiguration, new_keys: Mapping[str, str] | None = None) -> Trial:
    """Call the models that ``wanted`` names, each with its new key ({MAIN: …, FALLBACK: …}) or those that are stored.

    Nothing is written. To be called outside of every transaction: it waits for services.
    """
    given = {name: secret for name, secret in (new_keys or {}).items() if secret}
    configuration = resolve(row=wanted)
    found = {MAIN: probe(with_key(configuration, given.get(MAIN)))}
    if configuration.fallback is not None:
        found[FALLBACK] = probe(with_key(configuration.fallback, given.get(FALLBACK)))
    return Trial(wanted, found, given)


def activate(*, trial: Trial, based_on: int | None, by: str, now: datetime) -> LLMConfiguration:
    """Let what was tried out answer from the next turn on. Returns the new version.

    ``based_on`` is the version that was active when the decision was made, None for none. Raises DecidedMeanwhile, and
    ValueError for a trial that failed.
    """
    if not trial.is_good:
        raise ValueError("a model that did not answer its test call is not activated")
    wanted = trial.wanted
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        before = active_version()
        if (before.pk if before else None) != based_on:
            raise DecidedMeanwhile(before)
        changes = changes_between(before, wanted)
        for name, secret in trial.new_keys.items():
            model = trial.found[name]
            base_url = wanted.base_url if name == MAIN else wanted.fallback_base_url
            address = address_of(provider=model.provider, base_url=base_url)
            row = keys.add_key(provider=model.provider, address=address, secret=secret, by=by, now=now)
            changes["key" if name == MAIN else "fallback_key"] = [None, str(row)]
        for one in trial.found.values():
            for key, fault in one.refused:
                if key.pk is not None:
                    keys.set_aside(pk=key.pk, reason=keys.ASIDE[ProviderFault(fault)], now=now)
            if one.key is not None and one.key.pk is not None:
                keys.take_back(pk=one.key.pk)
        LLMConfiguration.objects.filter(is_active=True).update(is_active=False)
        version = LLMConfiguration.objects.create(
            **{name: getattr(wanted, name) for name in DECIDED},
            note=wanted.note,
            created_at=now,
            created_by=by,
            changes=changes,
            tested={name: one.as_json() for name, one in trial.found.items()},
        )
        breaker.reset(resolve(row=version))
    return version


def copy_of(version: LLMConfiguration) -> LLMConfiguration:
    """What an earlier version said, as one that is yet to be tried out."""
    note = _("Vuelve a la versión %(n)s") % {"n": version.pk}
    return LLMConfiguration(**{name: getattr(version, name) for name in DECIDED}, note=note)


def changes_between(before: LLMConfiguration | None, after: LLMConfiguration) -> dict[str, list[Any]]:
    """{field: [before, after]} of what two versions say differently."""
    old = before or LLMConfiguration()
    return {
        name: [getattr(old, name), getattr(after, name)]
        for name in DECIDED
        if getattr(old, name) != getattr(after, name)
    }


def with_key(configuration: Configuration, secret: str | None) -> Configuration:
    """The same model with one key, which need not be stored; with its own ones when ``secret`` is None."""
    return configuration if secret is None else replace(configuration, api_key=secret, keys=(Key(secret),))
