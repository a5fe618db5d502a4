"""Which names of a sentence its figures belong to."""

from __future__ import annotations

from collections.abc import Sequence

from assistants.grounding.catalogue import Mention
from assistants.grounding.claims import Claim
from assistants.grounding.vocabulary import CONTAINERS


def _parted(general: Mention, exact: Mention, claims: Sequence[Claim]) -> bool:
    """Whether a figure stands between a general word and the exact name after it, so that it belongs to the former."""
    return any(general.end <= claim.start and claim.end <= exact.start for claim in claims)


def _adjacent(one: Mention, other: Mention) -> bool:
    return 0 <= other.start - one.end <= 3


def drop_repeats(mentions: Sequence[Mention], claims: Sequence[Claim]) -> list[Mention]:
    """Leave out a general word for what another mention names exactly ("el serrucho", after its full name).

    And what only holds another thing: "una caja de 6 Malbec" speaks of the wine, where there are boxes too.
    """
    mentions = [
        mention
        for index, mention in enumerate(mentions)
        if not (
            len(mention.tokens) == 1
            and mention.tokens[0].stem in CONTAINERS
            and index + 1 < len(mentions)
            and mentions[index + 1].start - mention.end <= 8
        )
    ]
    return [
        mention
        for index, mention in enumerate(mentions)
        if not any(other.products < mention.products and not _parted(mention, other, claims) for other in mentions)
        and not any(
            other.products == mention.products
            for other in mentions[:index]
            if len(mentions) > index and _adjacent(other, mention)
        )
    ]


def attach(
    claims: Sequence[Claim], mentions: Sequence[Mention], *, before: bool, background: frozenset[int] | None
) -> list[frozenset[int] | None]:
    """Give each claim the names in front of it (or behind it): a run of k names and k figures pairs one to one."""
    events: list[tuple[int, Mention | Claim]] = sorted(
        [*((mention.start, mention) for mention in mentions), *((claim.start, claim) for claim in claims)],
        key=lambda event: event[0],
    )
    if not before:
        events.reverse()
    owners: dict[int, frozenset[int] | None] = {}
    run: list[Mention] = []
    figures: list[Claim] = []

    def settle() -> None:
        for index, figure in enumerate(figures):
            if not run:
                owners[figure.start] = background
            elif len(run) == len(figures):
                owners[figure.start] = run[index].products
            else:
                owners[figure.start] = frozenset().union(*(mention.products for mention in run))

    for _, event in events:
        if isinstance(event, Claim):
            figures.append(event)
            continue
        if figures:
            settle()
            run, figures = [], []
        run.append(event)
    settle()
    return [owners[claim.start] for claim in claims]
