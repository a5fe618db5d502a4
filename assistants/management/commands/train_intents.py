"""`manage.py train_intents`: learn from `assistants/intents/sentences` anew and write `assistants/intents/weights.npz`.

For who changes the sentences; needs a few minutes. Prints one line of JSON: how many sentences, and how often families
of sentences that were left out are understood (the mean of the families, and how many go to the wrong assistant).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from assistants.intents.training import train
from assistants.intents.weights import Floats, save_weights
from catalog.embeddings import embed_locally


class Command(BaseCommand):
    help = "Learn what messages are about from the sentences in assistants/intents/sentences."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        trained = train(_embed)
        save_weights(trained.weights)
        measures = {
            "sentences": trained.sentences,
            "accuracy_unseen_families": trained.accuracy,
            "crossed_unseen_families": trained.crossed,
            "sharpness": round(trained.weights.sharpness, 2),
            "by_family": trained.by_family,
        }
        self.stdout.write(json.dumps(measures))


def _embed(texts: Sequence[str]) -> Floats:
    return np.array([embed_locally(text) for text in texts], dtype=np.float32)
