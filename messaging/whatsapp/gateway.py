"""The way to WhatsApp: heyoo's client with our addresses, time limits and errors, and none of its readings.

heyoo names versions of the Graph API that have ended, calls without a time limit, returns refusals as if they were
answers, raises on an HTML error page, reads only what comes first and logs recipients. So every call goes through
``Gateway._request``, and what would not is switched off.
"""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from django.conf import settings
from heyoo import WhatsApp
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from messaging.whatsapp.channels import is_simulated
from messaging.whatsapp.errors import NoAnswer, Reaction, Refused, TooLarge, Unreachable, reaction_to, refuse

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 4 * 1024 * 1024  # bytes of JSON
MOST_PAGES = 20  # of a list
CHUNK = 64 * 1024
# A connection that rested longer may just be closed by the other side, and then nobody knows whether it took the
# message.
RESTED_SECONDS = 10.0

_local = threading.local()  # one session for each thread


@dataclass(frozen=True, slots=True)
class Sent:
    """WhatsApp took it: its id, and the number under which it knows the recipient (empty for who hides it)."""

    wamid: str
    wa_id: str


@dataclass(frozen=True, slots=True)
class Media:
    """Where a file that somebody sent can be fetched, for some minutes."""

    url: str
    mime_type: str
    size: int
    sha256: str


class Gateway(WhatsApp):
    """One number of ours, by the Graph API.

    Raises the errors of ``messaging.whatsapp.errors``: Refused and Unreachable are a clear no, NoAnswer is neither
    yes nor no. Never to be called inside a transaction.
    """

    def __init__(self, *, token: str, phone_number_id: str) -> None:
        super().__init__(token, phone_number_id)
        self.root = _root_of(phone_number_id)
        self.base_url = f"{self.root}/{settings.WHATSAPP['GRAPH_VERSION']}"
        self.v15_base_url = self.base_url
        self.url = f"{self.base_url}/{phone_number_id}/messages"

    def __repr__(self) -> str:
        return f"Gateway({self.phone_number_id})"

    def send(self, payload: dict[str, Any], recipient: str, *, is_bsuid: bool = False, callback: str = "") -> Sent:
        """Send the Graph API's body ``payload`` to a number (digits) or a business-scoped id.

        ``callback`` comes back with every status of the message.
        """
        # In «to» a business-scoped id is taken and reaches nobody.
        to = {"recipient": recipient} if is_bsuid else {"to": recipient}
        data = {"messaging_product": "whatsapp", "recipient_type": "individual", **to, **payload}
        if callback:
            data["biz_opaque_callback_data"] = callback
        answer = self._request("POST", self.url, data)
        messages, contacts = answer.get("messages"), answer.get("contacts")
        first = messages[0] if isinstance(messages, list) and messages else None
        wamid = first.get("id") if isinstance(first, dict) else None
        if not isinstance(wamid, str) or not wamid:
            raise NoAnswer("WhatsApp answered yes, and named no message")
        person = contacts[0] if isinstance(contacts, list) and contacts else None
        wa_id = person.get("wa_id") if isinstance(person, dict) else None
        return Sent(wamid, wa_id if isinstance(wa_id, str) else "")

    def mark_as_read(self, message_id: str, *, typing: bool = True) -> None:
        """Show the blue ticks of what came in, and for up to 25 seconds that somebody is writing."""
        data: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            data["typing_indicator"] = {"type": "text"}
        self._request("POST", self.url, data)

    def fetch_media(self, media_id: str) -> Media:
        """Where the file ``media_id`` lies, its type and its size."""
        answer = self._request("GET", f"{self.base_url}/{_path(media_id)}")
        url, size = answer.get("url"), answer.get("file_size")
        if not isinstance(url, str):
            raise NoAnswer("WhatsApp named no address for the file")
        return Media(
            url=url,
            mime_type=str(answer.get("mime_type") or "application/octet-stream"),
            size=int(size) if isinstance(size, int | str) and str(size).isdigit() else 0,
            sha256=str(answer.get("sha256") or ""),
        )

    def download(self, media_id: str, *, max_bytes: int) -> tuple[bytes, str]:
        """The file ``media_id`` and its type. Raises TooLarge past ``max_bytes``, without reading on."""
        media = self.fetch_media(media_id)
        if media.size > max_bytes:
            raise TooLarge(f"the file has {media.size} bytes")
        if not _may_have_our_token(media.url, root=self.root):
            raise Refused(None, details="the file lies at an address that may not have our token")
        with self._open("GET", media.url) as response:
            if response.status_code != 200:
                self._give_up(response, _read(response, LARGEST_ANSWER))
            return _read(response, max_bytes), media.mime_type

    def fetch_templates(self, business_account_id: str) -> list[dict[str, Any]]:
        """The account's message templates, as Meta describes them."""
        fields = "name,language,category,status,components"
        return self._list(f"{self.base_url}/{_path(business_account_id)}/message_templates?fields={fields}&limit=100")

    def fetch_number(self) -> dict[str, Any]:
        """What Meta says of the number: display_phone_number, verified_name, quality_rating, …"""
        fields = "id,display_phone_number,verified_name,quality_rating,messaging_limit_tier,status"
        return self._request("GET", f"{self.base_url}/{self.phone_number_id}?fields={fields}")

    def _list(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _page in range(MOST_PAGES):
            answer = self._request("GET", url)
            rows = answer.get("data")
            found += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            paging = answer.get("paging")
            following = paging.get("next") if isinstance(paging, dict) else None
            if not isinstance(following, str) or not _may_have_our_token(following, root=self.root):
                break
            url = following
        return found

    def _request(self, method: str, url: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call, and read the JSON object that is answered. The one way out of this house to the Graph API."""
        with self._open(method, url, data) as response:
            body = _read(response, LARGEST_ANSWER)
            if not 200 <= response.status_code < 300:
                self._give_up(response, body)
        answer = _parse(body)
        if answer is None:
            raise NoAnswer("WhatsApp answered yes, in words that are not JSON")
        if isinstance(answer.get("error"), dict):
            raise _refusal(answer["error"], None)
        return answer

    @contextmanager
    def _open(self, method: str, url: str, data: dict[str, Any] | None = None) -> Iterator[requests.Response]:
        session = _session()
        try:
            with session.request(
                method,
                url,
                data=None if data is None else json.dumps(data).encode(),
                headers={"Content-Type": "application/json"} if data is not None else None,
                auth=_Bearer(self.token or ""),
                timeout=(settings.WHATSAPP["CONNECT_SECONDS"], settings.WHATSAPP["READ_SECONDS"]),
                allow_redirects=False,
                stream=True,
            ) as response:
                yield response
        except requests.RequestException as fault:
            session.close()
            # By the kind alone: the text of the error names the address.
            if _came_before_anything_was_sent(fault):
                raise Unreachable(f"no connection ({type(fault).__name__})") from None
            raise NoAnswer(f"no answer ({type(fault).__name__})") from None
        finally:
            _local.used_at = time.monotonic()

    def _give_up(self, response: requests.Response, body: bytes) -> NoReturn:
        """Raise what an answer other than 2xx means."""
        status = response.status_code
        answer = _parse(body)
        error = answer.get("error") if answer else None
        wait = _seconds(response.headers.get("Retry-After"))
        logger.info("WhatsApp answered %s", status)
        if isinstance(error, dict):
            refusal = _refusal(error, wait)
            if status < 500 or refusal.reaction != Reaction.REJECT:
                if status == 429 and refusal.reaction == Reaction.REJECT:
                    raise refuse(refusal.code, reaction=Reaction.SLOW_NUMBER, retry_after=wait)
                raise refusal
        if status >= 500:
            raise NoAnswer(f"WhatsApp answered {status}")
        if status == 429:
            raise refuse(None, reaction=Reaction.SLOW_NUMBER, retry_after=wait)
        if status == 401:
            raise refuse(None, reaction=Reaction.RECONNECT)
        raise refuse(None, reaction=Reaction.RETRY, details=f"HTTP {status}")


def _switched_off(name: str) -> Callable[..., NoReturn]:
    def refuse_to(self: Gateway, *_args: object, **_kwargs: object) -> NoReturn:
        raise NotImplementedError(f"{name} of heyoo has no time limits and names people in the log: use Gateway.send")

    refuse_to.__name__ = name
    return refuse_to


# The dictionaries that heyoo builds are of use; what it sends, fetches and reads is not.
for _name in set(dir(WhatsApp)) - set(dir(object)) - set(vars(Gateway)) - {"create_button"}:
    if callable(getattr(WhatsApp, _name)):
        setattr(Gateway, _name, _switched_off(_name))


class _Bearer(AuthBase):
    """The token, and never what a .netrc says in its place."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def _session() -> requests.Session:
    """This thread's session, with fresh connections when it has rested."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
    elif time.monotonic() - _local.used_at > RESTED_SECONDS:
        session.close()
    return session


def _came_before_anything_was_sent(fault: requests.RequestException) -> bool:
    if isinstance(fault, requests.ConnectTimeout):
        return True
    causes: list[object] = [fault]
    for cause in causes:
        if isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError):
            return True
        # requests and urllib3 put what happened into their own errors: as an argument, a reason, or a context.
        found = [*getattr(cause, "args", ()), getattr(cause, "reason", None), getattr(cause, "__context__", None)]
        causes += [one for one in found if isinstance(one, BaseException) and one not in causes]
    return isinstance(
        fault,
        requests.exceptions.InvalidURL | requests.exceptions.MissingSchema | requests.exceptions.InvalidSchema,
    )


def _read(response: requests.Response, max_bytes: int) -> bytes:
    """The body. Raises TooLarge past ``max_bytes`` and NoAnswer when it drips for longer than an answer may take."""
    until = time.monotonic() + settings.WHATSAPP["READ_SECONDS"]
    pieces, size = [], 0
    for piece in response.iter_content(CHUNK):
        size += len(piece)
        if size > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
        if time.monotonic() > until:
            raise NoAnswer("the answer did not come to its end in time")
        pieces.append(piece)
    return b"".join(pieces)


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _refusal(error: dict[str, Any], wait: float | None) -> Refused:
    code = error.get("code")
    code = code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**31 else None
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    title = error.get("message") or error.get("title")
    return refuse(
        code,
        title=title if isinstance(title, str) else "",
        details=details if isinstance(details, str) else "",
        reaction=reaction_to(code),
        retry_after=wait,
    )


def _seconds(text: str | None) -> float | None:
    return min(float(text), 86_400.0) if text and text.isdigit() and len(text) < 9 else None


def _root_of(phone_number_id: str) -> str:
    """The Graph API's address; the simulator's for the number that it plays, and for no other."""
    whatsapp: dict[str, Any] = settings.WHATSAPP
    return str(whatsapp["SIMULATOR_URL"] if is_simulated(phone_number_id) else whatsapp["GRAPH_URL"])


def _may_have_our_token(url: str, *, root: str) -> bool:
    """Whether an address that the Graph API named is encrypted, or its own."""
    parts, own = urlsplit(url), urlsplit(root)
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
        return True
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _path(name: str) -> str:
    """An id that came from outside, as one part of a path."""
    return requests.utils.quote(name, safe="")  # type: ignore[attr-defined]
