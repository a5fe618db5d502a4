"""Named points at which `make chaos-reminders` and `make chaos-whatsapp` kill who passes by. Inert otherwise.

The command sets ``RECADO_PERILS`` for the processes that it starts, on data of its own: ``{"after_claim": 0.01, …}``,
the share of the passers-by that die. Before they do they leave the point's name in the file ``RECADO_PERILS_LOG``.
"""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path

VARIABLE = "RECADO_PERILS"
LOG_VARIABLE = "RECADO_PERILS_LOG"
POINTS = (
    *("before_claim", "after_claim", "before_send", "after_send"),
    *("after_stored", "before_taken_in", "after_taken_in", "before_whatsapp_send", "after_whatsapp_send"),
    *("before_mail_claim", "before_mail_send", "after_mail_send"),
)

_shares: dict[str, float] = json.loads(os.environ.get(VARIABLE) or "{}")


def pass_by(point: str) -> None:
    """Die here, by SIGKILL, as often as the command wants it."""
    if _shares and random.random() < _shares.get(point, 0.0):  # noqa: S311
        with Path(os.environ[LOG_VARIABLE]).open("a") as log:
            log.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)
