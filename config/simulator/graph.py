"""A stand-in for the Graph API: real HTTP on this machine, Meta's limits and errors, and signed webhooks back.

    with GraphServer(webhook_url="http://127.0.0.1:8000/api/whatsapp/webhook") as graph:
        graph.refuse(131047)          # the next message is answered with that error
        graph.say("573001112233", "hola")  # a person writes: a signed body goes to the webhook
        graph.sent                    # what was accepted

It needs no Django, and keeps everything in memory.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from config.simulator import bodies
from config.simulator.charges import Charges
from config.simulator.chats import Chats
from config.simulator.faults import Fault, Faults
from config.simulator.handler import Listener
from config.simulator.limits import check, is_phone
from config.simulator.pace import Pace
from config.simulator.postman import Postman, deliver
from config.simulator.records import Medium, Number, Said, Sent
from config.simulator.refusals import Refusal

WINDOW = timedelta(hours=24)


class GraphServer:
    """``statuses`` follow every accepted message, ``status_delay`` seconds apart, each ``status_copies`` times, in any
    order with ``status_shuffle``. With ``enforce_window`` free text outside 24 hours fails as it does at Meta."""

    def __init__(
        self,
        *,
        port: int = 0,
        control_token: str = "",
        statuses: Sequence[str] = ("sent", "delivered", "read"),
        postmen: int = 1,
        keep: int | None = None,
        **number: Any,
    ) -> None:
        self.statuses = tuple(statuses)
        self.status_delay = 0.0
        self.status_copies = 1
        self.status_shuffle = False
        self.enforce_window = False
        self.wa_ids: dict[str, str] = {}  # as dialled: as Meta returns it
        self.control_token = control_token
        self.numbers: dict[str, Number] = {}
        self.sent: list[Sent] = []
        self._keep = keep
        self.receipts: deque[dict[str, Any]] = deque(maxlen=keep)  # what was marked as read
        self.requests: deque[tuple[str, str, int]] = deque(maxlen=keep or 100_000)  # (method, path, status)
        self.media: dict[str, Medium] = {}
        self.chats = Chats()
        self.charges = Charges()
        self.pace = Pace()
        self.postman = Postman(threads=postmen)
        self._faults = Faults()
        self._said_at: dict[tuple[str, str], datetime] = {}
        self._media_ids = itertools.count(900_000_000_000_001)
        self._lock = threading.Lock()
        self._listener = Listener(port, stand_in=self)
        self.number = self.add_number(**number)

    # --- running ----------------------------------------------------------------------------------------------------
    def start(self) -> str:
        """Listen, and return the address for ``WHATSAPP_GRAPH_URL``."""
        self.postman.start()
        self._listener.start()
        return self.url

    def stop(self) -> None:
        self._listener.stop()
        self.postman.close()

    def __enter__(self) -> GraphServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    def add_number(self, **fields: Any) -> Number:
        number = Number(**fields)
        self.numbers[number.phone_number_id] = number
        return number

    def add_media(self, content: bytes, *, mime_type: str, phone_number_id: str = "") -> str:
        """Keep a file that a person is to send, and return its id."""
        media_id = str(next(self._media_ids))
        self.media[media_id] = Medium(phone_number_id or self.number.phone_number_id, content, mime_type)
        return media_id

    # --- what is to go wrong ----------------------------------------------------------------------------------------
    def refuse(
        self,
        code: int,
        *,
        times: int | None = 1,
        recipient: str = "",
        phone_number_id: str = "",
        http: int = 0,
        details: str = "",
        subcode: int | None = None,
    ) -> None:
        """Answer the next ``times`` messages (None: all) with that error; ``recipient`` limits it to one person."""
        refusal = Refusal(code, details, http, subcode)
        self._faults.add(Fault("refuse", times, recipient, phone_number_id, refusal=refusal))

    def fail(self, code: int, *, times: int | None = 1, recipient: str = "", details: str = "") -> None:
        """Accept the next messages, and say in a status that they failed."""
        self._faults.add(Fault("fail", times, recipient, refusal=Refusal(code, details)))

    def answer_html(self, *, times: int | None = 1, http: int = 500) -> None:
        """An error page where JSON is awaited."""
        self._faults.add(Fault("html", times, refusal=Refusal(1, http=http)))

    def drop_before(self, *, times: int | None = 1, recipient: str = "") -> None:
        """Hang up before the next message is accepted."""
        self._faults.add(Fault("drop_before", times, recipient))

    def drop_after(self, *, times: int | None = 1, recipient: str = "") -> None:
        """Accept the next message, and hang up instead of saying so."""
        self._faults.add(Fault("drop_after", times, recipient))

    def delay(self, seconds: float, *, times: int | None = 1, recipient: str = "") -> None:
        """Accept the next message at once, and say so only after a while."""
        self._faults.add(Fault("delay", times, recipient, seconds=seconds))

    def silence(self, *, times: int | None = 1, recipient: str = "") -> None:
        """Accept the next messages, and send no status for them."""
        self._faults.add(Fault("silence", times, recipient))

    def throttle(self, *, per_second: int = 0, pair_seconds: float = 0.0, pair_burst: int = 0) -> None:
        """At most so many a second from a number (130429); after a burst one each so many seconds to a person
        (131056). 0: no limit."""
        self.pace = Pace(per_second=per_second, pair_seconds=pair_seconds, pair_burst=pair_burst)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()
        self.pace = Pace()

    # --- people -----------------------------------------------------------------------------------------------------
    def say(
        self,
        from_: str,
        text: str = "",
        *,
        to: str = "",
        kind: str = "text",
        content: dict[str, Any] | None = None,
        name: str = "",
        bsuid: str = "",
        quoted: str = "",
        wamid: str = "",
        at: datetime | None = None,
        insist: bool = False,
    ) -> Said:
        """A person writes to a number: the signed body goes to its webhook, and what that answered comes back.

        ``from_`` may be empty beside ``bsuid``: somebody who hides the number. ``insist``: post it again, in the
        background, until it is taken.
        """
        number, at = self.numbers[to] if to else self.number, at or datetime.now(UTC)
        phone = "".join(filter(str.isdigit, from_))
        wamid = wamid or bodies.make_wamid()
        message = bodies.make_message(
            content if content is not None else text,
            kind=kind,
            sender=phone,
            bsuid=bsuid,
            wamid=wamid,
            at=at,
            quoted=quoted,
        )
        contact = bodies.make_contact(wa_id=phone, name=name, bsuid=bsuid)
        change = bodies.make_change(
            phone_number_id=number.phone_number_id,
            display_phone_number=number.display_phone_number,
            messages=[message],
            contacts=[contact],
        )
        body = bodies.make_body([change], business_account_id=number.business_account_id)
        who = phone or bsuid
        with self._lock:
            self._said_at[number.phone_number_id, who] = at
        self.chats.add(
            phone_number_id=number.phone_number_id, phone=who, wamid=wamid, mine=True, payload=message, at=at
        )
        status = 0
        if number.webhook_url:
            status = deliver(body, url=number.webhook_url, app_secret=number.app_secret)
        if insist and status != 200:
            self._post(number, body)
        else:
            self.postman.bodies.append(body)
        if status == 200:
            self.chats.mark(phone_number_id=number.phone_number_id, phone=who, wamid=wamid, status="delivered")
        return Said(wamid, body, status)

    def choose(self, from_: str, choice_id: str, *, title: str = "", is_row: bool = False, **options: Any) -> Said:
        """A person taps a button, or picks a row of a list."""
        kind = "list_reply" if is_row else "button_reply"
        return self.say(from_, kind=kind, content={"id": choice_id, "title": title}, **options)

    def see(self, phone: str, *, phone_number_id: str = "") -> int:
        """A person opens the chat: what was not read yet is. Returns how much that was."""
        number = self.numbers[phone_number_id or self.number.phone_number_id]
        wamids = self.chats.unread(phone_number_id=number.phone_number_id, phone=phone)
        found = {one.wamid: one for one in list(self.sent) if one.wamid in set(wamids)}
        for sent in found.values():
            self._report(number, sent, ["read"])
        return len(found)

    def echo(self, to: str, text: str, *, phone_number_id: str = "", wamid: str = "") -> Said:
        """The owner writes to a person from the phone's own app."""
        number = self.numbers[phone_number_id or self.number.phone_number_id]
        at, wamid = datetime.now(UTC), wamid or bodies.make_wamid()
        own = "".join(filter(str.isdigit, number.display_phone_number))
        item = bodies.make_message(text, sender=own, wamid=wamid, at=at) | {"to": to}
        change = bodies.make_change(
            phone_number_id=number.phone_number_id,
            display_phone_number=number.display_phone_number,
            field="smb_message_echoes",
            extra={"message_echoes": [item]},
        )
        body = bodies.make_body([change], business_account_id=number.business_account_id)
        self.postman.bodies.append(body)
        self.chats.add(phone_number_id=number.phone_number_id, phone=to, wamid=wamid, mine=False, payload=item, at=at)
        url = number.webhook_url
        return Said(wamid, body, deliver(body, url=url, app_secret=number.app_secret) if url else 0)

    # --- messages to people -----------------------------------------------------------------------------------------
    def accept(self, number: Number, payload: dict[str, Any]) -> Refusal | dict[str, Any] | Fault:
        """Answer ``POST /{number}/messages``: an error, what Meta answers, or a fault that hangs up."""
        if payload.get("status") == "read":
            return self._take_receipt(payload)
        is_bsuid = bool(payload.get("recipient"))
        named = str(payload.get("recipient") or payload.get("to") or "")
        digits = named if is_bsuid else "".join(filter(str.isdigit, named))
        who = {"phone_number_id": number.phone_number_id, "recipient": digits}
        if fault := self._faults.take("refuse", "html", "drop_before", **who):
            return fault.refusal if fault.what == "refuse" and fault.refusal else fault
        if refusal := check(payload) or self.pace.check(number.phone_number_id, digits):
            return refusal
        recipient, at = digits if is_bsuid else self.wa_ids.get(digits, digits), datetime.now(UTC)
        is_open = self._is_open(number, recipient, at=at)
        sent = Sent(
            phone_number_id=number.phone_number_id,
            recipient=recipient,
            is_bsuid=is_bsuid,
            payload=payload,
            wamid=bodies.make_wamid(),
            callback=str(payload.get("biz_opaque_callback_data", "")),
            at=at,
            is_in_window=is_open,
            pricing=self.charges.price(
                phone_number_id=number.phone_number_id,
                template=number.category_of(payload),
                is_open=is_open,
                at=at,
            ),
        )
        self._take(number, sent, reachable=is_bsuid or is_phone(named))
        if fault := self._faults.take("drop_after", "delay", **who):
            if fault.what == "drop_after":
                return fault
            time.sleep(fault.seconds)
        contact = {"input": named} | ({"user_id": named} if is_bsuid else {"wa_id": sent.recipient})
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent.wamid}]}

    def _is_open(self, number: Number, recipient: str, *, at: datetime) -> bool:
        """Whether the person wrote to the number within 24 hours."""
        with self._lock:
            said_at = self._said_at.get((number.phone_number_id, recipient))
        return said_at is not None and at - said_at <= WINDOW

    def _take_receipt(self, payload: dict[str, Any]) -> Refusal | dict[str, Any]:
        wamid = payload.get("message_id")
        if not isinstance(wamid, str) or not wamid:
            return Refusal(131008, "message_id is required.")
        self.receipts.append(payload)
        self.chats.read_by_shop(wamid=wamid, typing=bool(payload.get("typing_indicator")))
        return {"success": True}

    def _take(self, number: Number, sent: Sent, *, reachable: bool) -> None:
        who = {"phone_number_id": number.phone_number_id, "recipient": sent.recipient}
        with self._lock:
            self.sent.append(sent)
            if self._keep is not None:
                del self.sent[: -self._keep]
        if not reachable:  # a business-scoped id in ``to``: taken, and never seen again
            return
        if failing := self._faults.take("fail", **who):
            self._report(number, sent, ["failed"], refusal=failing.refusal)
            return
        free = sent.payload.get("type", "text") != "template"
        if self.enforce_window and free and not sent.is_in_window:
            self._report(number, sent, ["failed"], refusal=Refusal(131047))
            return
        self.chats.add(
            phone_number_id=number.phone_number_id,
            phone=sent.recipient,
            wamid=sent.wamid,
            mine=False,
            payload=sent.payload,
            at=sent.at,
        )
        if not self._faults.take("silence", **who):
            self._report(number, sent, self.statuses)

    def _report(self, number: Number, sent: Sent, statuses: Iterable[str], *, refusal: Refusal | None = None) -> None:
        """Tell the webhook what became of a message."""
        waits = [
            self.status_delay * place for place, status in enumerate(statuses, 1) for _ in range(self.status_copies)
        ]
        items = [status for status in statuses for _ in range(self.status_copies)]
        if self.status_shuffle:
            random.shuffle(items)
        for status, wait in zip(items, waits, strict=True):
            item = bodies.make_status(
                status,
                wamid=sent.wamid,
                recipient=sent.recipient,
                is_bsuid=sent.is_bsuid,
                callback=sent.callback,
                pricing=sent.pricing,
                errors=[refusal.item()] if refusal else (),
                at=datetime.now(UTC),
            )
            change = bodies.make_change(
                phone_number_id=number.phone_number_id,
                display_phone_number=number.display_phone_number,
                statuses=[item],
            )
            self._post(number, bodies.make_body([change], business_account_id=number.business_account_id), after=wait)
            self.chats.mark(
                phone_number_id=number.phone_number_id, phone=sent.recipient, wamid=sent.wamid, status=status
            )

    def _post(self, number: Number, body: bytes, *, after: float = 0.0) -> None:
        self.postman.post(body, url=number.webhook_url, app_secret=number.app_secret, after=after)
