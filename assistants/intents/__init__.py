"""Whether a message is for the commercial assistant, the personal one, or only chatter."""

from assistants.intents.detection import Intent, Kind, detect_intent
from assistants.intents.routing import Assistant, decide

__all__ = ["Assistant", "Intent", "Kind", "decide", "detect_intent"]
