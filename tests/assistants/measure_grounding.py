# ruff: noqa: E501  (word lists and patterns are one line each)
"""Print how many inventions the grounding check catches and how many true replies it holds back.

python -m tests.assistants.measure_grounding [--errors]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field

from assistants.grounding import check
from tests.assistants.grounding_cases import FRESH, JUDGED, PARTS, Case, cases, facts_of


@dataclass
class Rates:
    """Counts of one set."""

    true: int = 0
    invented: int = 0
    held: list[Case] = field(default_factory=list)
    missed: list[Case] = field(default_factory=list)

    @property
    def caught_share(self) -> float:
        return 1 - len(self.missed) / self.invented if self.invented else 1.0

    @property
    def held_share(self) -> float:
        return len(self.held) / self.true if self.true else 0.0


def measure(chosen: Iterable[Case]) -> Rates:
    """Check every case."""
    rates = Rates()
    for case in chosen:
        found = check(case.reply, facts=facts_of(case))
        if case.invents is None:
            rates.true += 1
            if found:
                rates.held.append(case)
        else:
            rates.invented += 1
            if not found:
                rates.missed.append(case)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="print the cases that went wrong")
    parser.add_argument("--part", choices=[*PARTS, *JUDGED, *FRESH])
    options = parser.parse_args()
    print(f"{'part':8} {'made by':9} {'inventions':>10} {'caught':>8} {'true':>6} {'held back':>10}")
    for part in [options.part] if options.part else [*PARTS, *JUDGED, *FRESH]:
        for source in ("hand", "template"):
            if part not in PARTS and source == "template":
                continue
            rates = measure(case for case in cases(part) if case.source == source)
            print(
                f"{part:8} {source:9} {rates.invented:10} {rates.caught_share:8.1%} {rates.true:6} {rates.held_share:10.1%}"
            )
            if options.errors:
                for name, wrong in (("held back", rates.held), ("missed", rates.missed)):
                    for case in wrong:
                        found = [(v.kind.value, v.said) for v in check(case.reply, facts=facts_of(case))]
                        print(f"  {name} [{case.shop}] {case.invents or ''} {case.reply!r} {found or ''}")


if __name__ == "__main__":
    main()
