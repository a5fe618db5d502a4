"""What the providers have in common whose service answers in pieces: one round, from its request to its completion."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, ClassVar, Protocol, TypeVar

import httpx2

from assistants.providers.base import Completion, Provider, ProviderError
from assistants.providers.transport import (
    CONNECT_SECONDS,
    READ_SECONDS,
    RETRIED,
    ROUND_SECONDS,
    STRAY,
    WITH_OTHER_KEYS,
    deadline,
    http_client,
    open_with_retry,
    shared_client,
)

T = TypeVar("T")


class Received(Protocol):
    """What a stream has brought so far."""

    def take(self, piece: Any, /) -> str:
        """Note one piece; returns the text to show, mostly empty."""

    def check_end(self) -> None:
        """Raise ProviderError when the stream ended before the message."""

    def note_cut(self, request: dict[str, Any], fault: Exception) -> None:
        """Tell the meter what a round took that ``fault`` cut off."""

    def completion(self, model: str) -> Completion:
        """What came, whole."""


class StreamingProvider(Provider):
    """A service behind an SDK. ``base_url`` empty means its own.

    With ``has_other_keys`` one that is asked too much does not wait and try again: another key is asked instead.
    """

    default_base_url: ClassVar[str]
    sdk_error: ClassVar[type[Exception]]  # of which all the SDK's own errors are

    def __init__(
        self,
        *,
        model: str,
        api_key: str,
        base_url: str = "",
        round_seconds: float = ROUND_SECONDS,
        has_other_keys: bool = False,
    ) -> None:
        self.model = model
        self._api_key = api_key
        self._base_url = base_url or self.default_base_url
        self._round_seconds = round_seconds
        self._passing = WITH_OTHER_KEYS if has_other_keys else RETRIED

    @abstractmethod
    def _open(self, request: dict[str, Any]) -> Any:
        """Send the request. Returns the stream of its answer's pieces, which can be closed."""

    @abstractmethod
    def _fault(self, error: Exception) -> ProviderError:
        """ProviderError for one of the SDK's errors or of STRAY.

        Names status and type only: a service's message may quote the request or part of a key.
        """

    def _run(self, request: dict[str, Any], received: Received, on_text: Callable[[str], None] | None) -> Completion:
        """One round. Its text goes to ``on_text`` as it arrives, and what it took to the meter if it is cut off."""
        deltas = self._deltas(request, received)
        try:
            with deadline(self._round_seconds), closing(deltas):  # the listener may have heard enough
                for delta in deltas:
                    if on_text is not None:
                        on_text(delta)
        except Exception as fault:
            received.note_cut(request, fault)
            raise
        return received.completion(self.model)

    def _deltas(self, request: dict[str, Any], received: Received) -> Generator[str, None, None]:
        """Yield text as it arrives, filling ``received``; only ProviderError leaves."""
        faults = (self.sdk_error, *STRAY)

        def open_stream() -> Any:
            try:
                return self._open(request)
            except faults as error:
                raise self._fault(error) from None

        stream = open_with_retry(open_stream, passing=self._passing)
        try:
            for piece in stream:
                if text := received.take(piece):
                    yield text
            received.check_end()
        except faults as error:
            raise self._fault(error) from None
        finally:
            stream.close()

    def _shared(self, sdk: Callable[..., T], *, api_key: str) -> T:
        """The process' one client of this service; ``sdk`` is the class that makes it."""

        def build() -> T:
            return sdk(
                api_key=api_key,
                base_url=self._base_url,
                timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                max_retries=0,  # transport.open_with_retry does it, with a bounded wait
                http_client=http_client(),
            )

        return shared_client(kind=self.name, base_url=self._base_url, api_key=self._api_key, build=build)
