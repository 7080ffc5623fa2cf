"""Comparisons: in what their variants differ, the ladder of sizes, which answer won, and what won how often."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from describer.desk.presets import with_preset
from describer.engine.prepare import most_side
from describer.engine.submit import VARIANTS, Ask, Refusal, submit_variants, the_same_ask
from describer.engine.submit.variants import of_variant
from describer.models import Comparison, Description, Status, User

RUNGS = (512, 768, 1024, 2000)  # pixels of the longest side
_COUNTED = 1000  # judged comparisons of a person, the newest
_VALUE_CHARACTERS = 40
_KINDS = ("model", "preset", "size")  # in what wins are counted


@dataclass(frozen=True)
class Variant:
    """In what one ask of a comparison differs from what was given for all of them; what is empty is as given."""

    model: str = ""
    preset: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    long_side: int | None = None


@dataclass(frozen=True)
class Won:
    """How often something was the best, of the comparisons in which it stood against something else."""

    kind: str
    words: str
    won: int
    compared: int


def asks_of(given: Ask, variants: Sequence[Variant]) -> list[Ask]:
    """Return the ask of each variant. Raises Refusal."""
    asks = []
    for number, variant in enumerate(variants, 1):
        with of_variant(number):
            asks.append(_varied(given, variant))
    return asks


def _varied(given: Ask, variant: Variant) -> Ask:
    return with_preset(
        replace(
            given,
            model=variant.model or given.model,
            preset=variant.preset or given.preset,
            parameters={**given.parameters, **variant.parameters},
            long_side=variant.long_side or given.long_side,
        )
    )


def rungs_of(row: Description) -> list[int]:
    """Return the sizes at which a description can be asked again: those that the largest of its own pictures has."""
    sides = [max(shown.image.width, shown.image.height) for shown in row.shown_pictures]
    most = min(max(sides, default=0), most_side(row.endpoint))
    return [side for side in RUNGS if side <= most]


def climb(row: Description, token: str | None) -> list[Description]:
    """Ask the same at each size that the pictures have: the resolution ladder. Raises Refusal."""
    if row.status != Status.DONE:
        raise Refusal("There is no answer to compare with yet.", code="not_finished", status=409)
    if not row.shown_pictures:
        message = "There is no picture of its own to compare sizes of."
        raise Refusal(message, code="no_image", param="image")
    rungs = rungs_of(row)
    if len(rungs) < VARIANTS[0]:
        message = "The picture is too small: there are no two sizes to compare."
        raise Refusal(message, code="too_small", param="long_side")
    ask = the_same_ask(row, token=token)
    return submit_variants(asks_of(ask, [Variant(long_side=side) for side in rungs]))


def pick_winner(comparison: Comparison, winner: int | None) -> None:
    """Say which variant is the best, None for none of them. Raises Refusal for one that there is not."""
    if winner is not None and not 0 <= winner < len(comparison.variants):
        message = f"The winner is a variant's number, from 0 to {len(comparison.variants) - 1}, or null."
        raise Refusal(message, code="invalid_value", param="winner")
    comparison.judge(winner)


def headings(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each variant in what it differs from the others: "gpt-4o", "512 px"."""
    return [
        " · ".join(differs.values()) or f"Variant {number}"
        for number, differs in enumerate(_differences(variants), 1)
    ]


def wins_of(person: User) -> list[Won]:
    """Count what won among a person's newest comparisons that are not in the trash, by model, preset and size; the most often first."""
    judged = Comparison.objects.untrashed().filter(owner=person, judged__isnull=False).order_by("-pk")
    won: dict[tuple[str, str], int] = {}
    compared: dict[tuple[str, str], int] = {}
    for variants, winner in judged.values_list("variants", "winner")[:_COUNTED]:
        differences = list(_differences(variants))
        for pair in {pair for differs in differences for pair in _pairs_of(differs)}:
            compared[pair] = compared.get(pair, 0) + 1
        if winner is not None and winner < len(differences):
            for pair in _pairs_of(differences[winner]):
                won[pair] = won.get(pair, 0) + 1
    rows = [Won(*pair, won.get(pair, 0), count) for pair, count in compared.items()]
    return sorted(
        rows, key=lambda row: (_KINDS.index(row.kind), -row.won, row.compared, len(row.words), row.words)
    )


def _pairs_of(differs: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return [(kind, differs[kind]) for kind in _KINDS if kind in differs]


def _differences(variants: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield of each variant the words for that in which not all are the same, by its kind."""
    described = [_varied_words(variant) for variant in variants]
    kinds = dict.fromkeys(kind for words in described for kind in words)
    differing = [kind for kind in kinds if len({words.get(kind) for words in described}) > 1]
    for words in described:
        yield {kind: words.get(kind, f"{kind} not set") for kind in differing}


def _varied_words(variant: Mapping[str, Any]) -> dict[str, str]:
    """Return what a variant was asked by, in words."""
    size = "full size"
    if variant.get("long_side"):
        size = f"{variant['long_side']} px"
    words = {
        "model": str(variant.get("model", "")),
        "preset": variant.get("preset") or "no preset",
        "size": size,
    }
    parameters = variant.get("parameters") or {}
    return words | {name: f"{name} {str(value)[:_VALUE_CHARACTERS]}" for name, value in parameters.items()}
