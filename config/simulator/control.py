"""What another process may ask of the stand-in: ``POST /_control/<name>`` with the arguments as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from config.simulator.graph import GraphServer

LONGEST_WAIT = 25.0  # seconds that somebody may wait for news
_faults = ("refuse", "fail", "answer_html", "drop_before", "drop_after", "delay", "silence", "throttle", "calm")


class Wrong(Exception):
    """There is no such thing to ask for, or not with these arguments."""


def control(graph: GraphServer, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Do it, and return what there is to say."""
    try:
        if name in _faults:
            getattr(graph, name)(**options)
            return {"ok": True}
        if name in _asked:
            return _asked[name](graph, options)
    except (TypeError, KeyError) as error:
        raise Wrong(f"{name}: {error}") from error
    raise Wrong(f"There is no {name!r}.")


def _say(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    said = graph.say(**options)
    return {"wamid": said.wamid, "status": said.status}


def _choose(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    said = graph.choose(**options)
    return {"wamid": said.wamid, "status": said.status}


def _view(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    wait = min(float(options.get("wait", 0.0)), LONGEST_WAIT)
    number = options.get("phone_number_id") or graph.number.phone_number_id
    after = int(options.get("after", 0))
    return asdict(graph.chats.view(phone_number_id=number, phone=str(options["phone"]), after=after, wait=wait))


def _see(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    return {"read": graph.see(str(options["phone"]), phone_number_id=options.get("phone_number_id", ""))}


def _forget(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    number = options.get("phone_number_id") or graph.number.phone_number_id
    graph.chats.forget(phone_number_id=number, phone=str(options["phone"]))
    return {"ok": True}


def _state(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "numbers": sorted(graph.numbers),
        "sent": len(graph.sent),
        "receipts": len(graph.receipts),
        "waiting": graph.postman.waiting,
    }


def _sent(graph: GraphServer, options: dict[str, Any]) -> dict[str, Any]:
    start = int(options.get("start", 0))
    return {"sent": [asdict(one) | {"at": one.at.isoformat()} for one in list(graph.sent)[start:]]}


_asked = {
    "say": _say,
    "choose": _choose,
    "view": _view,
    "see": _see,
    "forget": _forget,
    "state": _state,
    "sent": _sent,
}
