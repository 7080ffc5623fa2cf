"""What a call costs: its tokens, pictures and request by its price. Decimal from the first digit to the last, no float."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from describer.chat import Usage
from describer.db.decimal_sum import PLACES
from describer.db.exact_decimal import digits_of
from describer.ledger.prices import PriceTable
from describer.lib.lenient_json import as_count, as_dict
from describer.models import Attempt, Price
from describer.models.endpoint import SANDBOX

MOST_COST = Decimal(10**7)  # of one call: no column holds the sums of what endpoints may make up
READ = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "estimated_usage",
    "raw_usage",
    "pictures",
    "billed",
)
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_PLACE = Decimal(1).scaleb(-PLACES)
_NO_COST: dict[str, Any] = {"cost": None, "price_used": None}


@dataclass(frozen=True)
class Units:
    """What is priced of a call. `cached` is within `input`; thoughts are within `output`. None: nobody knows its tokens.

    `notes` say where the numbers are not as the endpoint reported them.
    """

    input: int | None = None
    cached: int = 0
    output: int = 0
    pictures: int = 0
    notes: tuple[str, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """Return what an attempt keeps of it."""
        kept: dict[str, Any] = {"pictures": self.pictures}
        if self.input is not None:
            kept |= {"tokens": {"input": self.input, "cached_input": self.cached, "output": self.output}}
        if self.notes:
            kept["notes"] = list(self.notes)
        return kept


@dataclass
class _Noted:
    """Notes that are taken while numbers are read."""

    notes: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        self.notes.append(words)


def cost_columns(attempt: Attempt, line: Mapping[str, Any], table: PriceTable) -> dict[str, Any]:
    """Return `cost` and `price_used` of a call that is being completed with these columns, by the price when it was sent.

    What may be billed or not has no cost, but what it costs at most, where its tokens are known.
    """
    values = {name: line.get(name, getattr(attempt, name)) for name in READ}
    if attempt.endpoint == SANDBOX or values["billed"] == Attempt.Billed.NO:
        return _NO_COST
    price = table.find(attempt.endpoint, attempt.model_asked, attempt.sent)
    if price is None:
        return _NO_COST
    units = units_of(values)
    cost, notes = cost_of_units(price, units)
    used = price.kept | units.kept
    if notes:
        used["notes"] = [*units.notes, *notes]
    if values["billed"] == Attempt.Billed.YES:
        return {"cost": cost, "price_used": used}
    if cost is not None and units.input is not None:
        used["at_most"] = digits_of(cost)
    return {"cost": None, "price_used": used}


def cost_of_units(price: Price, units: Units) -> tuple[Decimal | None, list[str]]:
    """Return what these cost, rounded once, to the tenth decimal, and what is to be noted.

    None where tokens are priced and nobody knows how many there were.
    """
    if units.input is None and (price.input or price.cached_input or price.output):
        return None, ["tokens not reported"]
    with localcontext(_EXACT):
        tokens = (
            ((units.input or 0) - units.cached) * price.input
            + units.cached * price.cached_input
            + units.output * price.output
        )
        cost = tokens.scaleb(-6) + units.pictures * price.picture + price.request
        if cost > MOST_COST:
            return MOST_COST, ["cost beyond belief: cut off"]
        return cost.quantize(_PLACE), []


def units_of(values: Mapping[str, Any]) -> Units:
    """Read what is priced from an attempt's columns.

    Where an endpoint reported nothing, or zeros beside an answer, the site's estimate stands in its place, and is noted.
    """
    noted = _Noted()
    pictures = max(0, values["pictures"] or 0)
    usage = Usage(*_reported(values), as_dict(values["raw_usage"]))
    if usage.is_zero and values["estimated_usage"]:
        usage = Usage(*_reported(as_dict(values["estimated_usage"])))
        noted.note("tokens estimated")
    elif usage.is_zero:
        return Units(pictures=pictures)
    of_prompt = _input_of(usage)
    cached = _cached_of(usage)
    if cached > of_prompt:
        noted.note(f"cached input of {cached} cut to the prompt's")
        cached = of_prompt
    return Units(of_prompt, cached, max(0, usage.output_tokens or 0), pictures, tuple(noted.notes))


def _reported(values: Mapping[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Return prompt, answer and total; a negative number is none."""
    counts = [values.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    prompt, answer, total = (count if isinstance(count, int) and count >= 0 else None for count in counts)
    return prompt, answer, total


def _input_of(usage: Usage) -> int:
    """Return the tokens of the prompt; where only a total was reported, what of it is no answer."""
    if usage.prompt_tokens is not None:
        return usage.prompt_tokens
    return max(0, (usage.total_tokens or 0) - (usage.completion_tokens or 0))


def _cached_of(usage: Usage) -> int:
    """Return the tokens of the prompt that were cached, in the words of OpenAI, of its newer form, or of DeepSeek."""
    newer = as_dict(usage.details.get("input_tokens_details")).get("cached_tokens")
    found = (usage.cached_tokens, as_count(newer), as_count(usage.details.get("prompt_cache_hit_tokens")))
    return next((count for count in found if count is not None), 0)
