"""Has people write while everybody is killed, in the throwaway folder of `manage.py chaos_whatsapp`."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.simulator.graph import GraphServer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LOOK_SECONDS = 0.25
SAY_SECONDS = 15.0  # between two words on how it goes
POSTMEN = 6
KINDS = ("postgresql", "web", "web", "worker", "worker", "worker", "clock")
# What goes wrong at WhatsApp meanwhile, as often as it is named.
TROUBLES = (
    "drop_before",
    "drop_after",
    "drop_after",
    "delay",
    "html",
    "busy",
    "pair",
    "silence",
    "twice",
    "calm",
    "calm",
)


def main() -> int:
    from config.benchmarks.workspace import MARK

    if not os.environ.get(MARK):
        sys.stderr.write("Start it with «manage.py chaos_whatsapp»: it needs a folder of its own.\n")
        return 2
    parser = argparse.ArgumentParser(prog="manage.py chaos_whatsapp")
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--tenants", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--kill-every", type=float, required=True)
    parser.add_argument("--trouble-every", type=float, required=True)
    parser.add_argument("--shares", type=json.loads, required=True)
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    webhook_url = f"http://127.0.0.1:{os.environ['PORT']}/api/whatsapp/webhook"
    with GraphServer(postmen=POSTMEN, webhook_url=webhook_url) as graph:
        os.environ |= {
            "WHATSAPP_GRAPH_URL": graph.url,
            "WHATSAPP_PHONE_NUMBER_ID": graph.number.phone_number_id,
            "WHATSAPP_TOKEN": graph.number.token,
            "WHATSAPP_APP_SECRET": graph.number.app_secret,
            "LLM_PROVIDER": "builtin",  # it answers at once
        }
        return _run(options, graph=graph, webhook_url=webhook_url)


def _run(options: argparse.Namespace, *, graph: GraphServer, webhook_url: str) -> int:
    import django

    django.setup()
    from django.db import connections

    from config.chaos.answers import close_ledger, unknown_now
    from config.chaos.people import open_shops, plan, shuffle
    from config.chaos.victims import Victims

    chance = random.Random(options.seed)  # noqa: S311
    victims = Victims(services=0, with_system=True, shares=options.shares, kinds=KINDS)
    try:
        victims.start()
        shops = open_shops(count=options.tenants, graph=graph, webhook_url=webhook_url)
        said = plan(shops=shops, count=options.messages, seconds=options.seconds, chance=chance)
        posts = shuffle(said, chance=chance)
        for post in posts:
            number = post.number
            graph.postman.post(post.body, url=webhook_url, app_secret=number.app_secret, after=post.at)
        unknown = _watch(victims, options, graph=graph, chance=chance)
        unknown |= unknown_now()
        ledger = close_ledger(
            said=said, sent=graph.sent, copies=sum(len(post.wamids) for post in posts), unknown=unknown
        )
    finally:
        victims.stop()
    deaths = ", ".join(f"{name} {count}" for name, count in sorted(victims.deaths().items()))
    lines = [str(ledger), f"killed: {deaths or 'nobody'}", f"seed: {options.seed}", *ledger.faults]
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json:
        options.json.write_text(json.dumps(ledger.as_dict() | {"killed": victims.deaths()}, indent=1))
    connections.close_all()
    return 0 if ledger.is_clean else 1


def _watch(victims: Any, options: argparse.Namespace, *, graph: GraphServer, chance: random.Random) -> set[int]:
    """Kill and trouble while people write, then wait for the rest; no longer than ``--patience`` for what stands still.

    Returns the deliveries that were unknown at some time.
    """
    from django.db import connection

    from config.chaos.answers import count_open, unknown_now

    began = time.monotonic()
    calm_at = began + options.seconds + 3
    deadline = calm_at + options.patience
    kill_at, trouble_at = began + options.kill_every, began + options.trouble_every
    say_at = began + SAY_SECONDS
    unknown: set[int] = set()
    last: tuple[object, int] | None = None
    while (now := time.monotonic()) < deadline:
        if now < calm_at:
            if now >= kill_at:
                kill_at = now + chance.uniform(0.5, 1.5) * options.kill_every
                victims.kill_one()
            if now >= trouble_at:
                trouble_at = now + chance.uniform(0.5, 1.5) * options.trouble_every
                _trouble(graph, chance=chance)
        else:
            graph.calm()
            graph.status_copies, graph.status_shuffle = 1, False
        with suppress(Exception):  # the database may be away: that is the point
            unknown |= unknown_now()
            work, posts = count_open(), graph.postman.waiting
            if now >= say_at:
                say_at = now + SAY_SECONDS
                sys.stderr.write(f"{now - began:5.0f} s: {work}, {posts} bodies to be posted\n")
            if now >= calm_at and not work and not posts:
                return unknown
            if (work, posts) != last:  # something moves
                last, deadline = (work, posts), max(now, calm_at) + options.patience
        connection.close()
        time.sleep(LOOK_SECONDS)
    sys.stdout.write(f"Time is up: {last}\n")
    return unknown


def _trouble(graph: GraphServer, *, chance: random.Random) -> None:
    """Something goes wrong at WhatsApp with the next message."""
    match chance.choice(TROUBLES):
        case "drop_before":
            graph.drop_before()
        case "drop_after":
            graph.drop_after()
        case "delay":
            graph.delay(float(os.environ["WHATSAPP_READ_SECONDS"]) + 1.0)
        case "html":
            graph.answer_html()
        case "busy":
            graph.refuse(chance.choice([130429, 131000, 131016, 2]))
        case "pair":
            graph.refuse(131056)
        case "silence":
            graph.silence()
        case "twice":
            graph.status_copies, graph.status_shuffle, graph.status_delay = 2, True, 0.3
        case "calm":
            graph.status_copies, graph.status_shuffle, graph.status_delay = 1, False, 0.0


if __name__ == "__main__":
    sys.exit(main())
