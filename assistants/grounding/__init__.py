"""No invented facts: what a reply says of prices, stock and products is checked before it leaves.

``Facts`` hold what this turn has read; ``check`` finds what a text says beyond them; ``SentenceGate`` stands between a
streaming model and the reader and lets a sentence pass once it is complete and checked.
"""

from assistants.grounding.facts import Facts, ProductFact
from assistants.grounding.gate import SentenceGate, check
from assistants.grounding.violations import Kind, Violation

__all__ = ["Facts", "Kind", "ProductFact", "SentenceGate", "Violation", "check"]
