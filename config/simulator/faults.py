"""What is to go wrong, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from config.simulator.refusals import Refusal


@dataclass(slots=True)
class Fault:
    """``what`` is one of: refuse, html, drop_before, drop_after, delay, fail, silence."""

    what: str
    times: int | None = 1  # None: until it is calm again
    recipient: str = ""  # empty: whoever it goes to
    phone_number_id: str = ""
    refusal: Refusal | None = None
    seconds: float = 0.0

    def concerns(self, *, phone_number_id: str, recipient: str) -> bool:
        return self.phone_number_id in {"", phone_number_id} and self.recipient in {"", recipient}


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, *whats: str, phone_number_id: str, recipient: str = "") -> Fault | None:
        """The first fault of these kinds that concerns the request, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.what in whats and fault.concerns(phone_number_id=phone_number_id, recipient=recipient):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults.remove(fault)
                    return fault
        return None
