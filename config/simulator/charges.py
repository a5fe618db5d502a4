"""What Meta charges for a message: it comes with the message's status."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Any

FREE_ANSWERS = 1000  # that a number sends free of charge in a month


class Charges:
    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def price(self, *, phone_number_id: str, template: str, is_open: bool, at: datetime) -> dict[str, Any]:
        """Return the ``pricing`` of one message.

        ``template`` is its category, empty for what is no template. Answers are free up to a thousand in a month, and
        so are templates of the category "utility" in an open window; all other templates are charged.
        """
        if template:
            is_free = is_open and template == "utility"
        else:
            month = (phone_number_id, f"{at:%Y-%m}")
            with self._lock:
                self._answers[month] += 1
                is_free = self._answers[month] <= FREE_ANSWERS
        return {
            "pricing_model": "PMP",
            "billable": not is_free,
            "type": "free_customer_service" if is_free else "regular",
            "category": template or "service",
        }
