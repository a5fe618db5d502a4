"""Which models answer, with which keys and at which prices, and whether they do.

manage.py models                            what is configured, and how it fares
manage.py models test                       a test call of each model that may be asked; exit status 1 if one fails
manage.py models test --provider anthropic  of that provider alone, also while another one answers
"""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from assistants import breaker
from assistants.breaker import Stand
from assistants.configuration import Configuration, active_version, current_configuration, resolve
from assistants.models import LLMConfiguration, ModelKey, ProviderName
from assistants.prices import KNOWN, Prices
from assistants.probes import probe


class Command(BaseCommand):
    help = "List which models answer, with which keys and prices, or call them: exit status 1 when one does not answer."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=["list", "test"], default="list")
        parser.add_argument("--provider", choices=[name.value for name in ProviderName])

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):  # as every command speaks
            if options["action"] == "test":
                self._test(options["provider"])
            else:
                self._list(options["provider"])

    def _list(self, provider: str | None) -> None:
        version, found = active_version(), current_configuration()
        said = "no version was saved: the server's settings decide"
        if version is not None:
            day = f"{timezone.localtime(version.created_at):%Y-%m-%d %H:%M}"
            said = f"version {version.pk}, by {version.created_by or '—'} on {day}"
        self.stdout.write(said)
        if found.fault:
            self.stderr.write(f"The configuration cannot be used: {found.fault}")
        for role, model in zip(("answers", "if it fails"), found.models(), strict=False):
            if provider in (None, model.provider):
                self._describe(role, model)
        if provider in (None, ProviderName.BUILTIN):
            self.stdout.write(f"always: {ProviderName.BUILTIN.label}")
        self._list_known(provider)

    def _describe(self, role: str, model: Configuration) -> None:
        address = model.base_url or "the provider's own address"
        self.stdout.write(f"{role}: {model.provider} · {model.model} · {address}")
        self.stdout.write(f"  keys: {', '.join(self._keys(model)) or 'none'}")
        self.stdout.write(f"  prices: {_say(model.prices)}")
        stands = {(one.provider, one.model, one.base_url): one for one in breaker.states()}
        known = stands.get((model.provider, model.model, model.base_url))
        if known is not None and known.stand is not Stand.CLOSED:
            self.stdout.write(f"  {known.text}")

    def _keys(self, model: Configuration) -> list[str]:
        rows = ModelKey.objects.filter(provider=model.provider, base_url=model.base_url).defer("secret")
        told = [
            f"…{row.ends}" + (f" (set aside: {row.get_set_aside_for_display()})" if row.set_aside_at else "")
            for row in rows
        ]
        return told or (["the server's"] if model.api_key else [])

    def _list_known(self, provider: str | None) -> None:
        self.stdout.write("known prices, US dollars per million tokens:")
        for (name, model), (prices, source) in sorted(KNOWN.items()):
            if provider in (None, name):
                self.stdout.write(f"  {name} · {model}: {_say(prices)} · {source.source}, {source.seen_on}")

    def _test(self, provider: str | None) -> None:
        found = current_configuration()
        wanted = [model for model in found.models() if provider in (None, model.provider)]
        if provider == ProviderName.BUILTIN or (provider is None and not wanted):
            wanted = [resolve(row=LLMConfiguration(provider=ProviderName.BUILTIN))]
        if provider is not None and not wanted:  # it does not answer now, but its key may be in the settings
            wanted = [resolve(row=LLMConfiguration(provider=provider))]
        failed = 0
        if found.fault:
            failed += 1
            self.stderr.write(f"The configuration cannot be used: {found.fault}")
        for model in wanted:
            came = probe(model)
            failed += not came.is_good
            out = self.stdout if came.is_good else self.stderr
            out.write(f"{came.provider} · {came.model}: {came.text or came.said}")
            if came.is_good and came.usage.output:
                tokens = came.usage.input + came.usage.output + came.usage.cache_read + came.usage.cache_write
                cost = f", US$ {model.prices.cost(came.usage)}" if model.prices else ""
                self.stdout.write(f"  «{came.said}» · {tokens} tokens{cost}")
        if failed:
            raise CommandError(f"{failed} did not answer.", returncode=1)


def _say(prices: Prices | None) -> str:
    if prices is None:
        return "not known: what is spent is not counted"
    sent, written, read, cached = (
        f"{price.normalize():f}" for price in (prices.input, prices.output, prices.cache_read, prices.cache_write)
    )
    return f"input {sent}, output {written}, cache read {read}, cache written {cached}"
