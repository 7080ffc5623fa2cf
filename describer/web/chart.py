"""Bars of tokens as an SVG of our own.

The strict CSP forbids the scripts and styles that chart packages write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from describer.web.period import MONTHS, Period, month_of

_HEIGHT = 120
STEP, WIDTH = 10, 7


@dataclass(frozen=True)
class Tokens:
    """Sums of a day: `total` as reported, which may be more than input and output together (thinking)."""

    total: int = 0
    input: int = 0
    output: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.total + other.total, self.input + other.input, self.output + other.output)


@dataclass(frozen=True)
class Bar:
    """One bar in the chart's own units: what was output stands on what was input."""

    name: str
    label: str
    tokens: Tokens
    x: int
    input_y: int
    input_height: int
    output_y: int
    output_height: int


@dataclass(frozen=True)
class Chart:
    """Bars from left to right; `top` is the number that fills the height."""

    bars: list[Bar]
    top: int

    @property
    def width(self) -> int:
        return len(self.bars) * STEP

    @property
    def height(self) -> int:
        return _HEIGHT


def chart(period: Period, days: Mapping[date, Tokens]) -> Chart:
    """Make a bar per day; per month for a year, whose days would be thinner than a pixel on a phone."""
    spans = _spans(period, days)
    top = max((tokens.total for _, _, tokens in spans), default=0)
    return Chart([_bar(number, top, *span) for number, span in enumerate(spans)], top)


def _spans(period: Period, days: Mapping[date, Tokens]) -> list[tuple[str, str, Tokens]]:
    """Return the name, the label and the tokens of each bar."""
    if period.kind == "year":
        return _months(period, days)
    return _days(period, days)


def _days(period: Period, days: Mapping[date, Tokens]) -> list[tuple[str, str, Tokens]]:
    return [(_day_name(day), _label(period, day), days.get(day, Tokens())) for day in period.days]


def _months(period: Period, days: Mapping[date, Tokens]) -> list[tuple[str, str, Tokens]]:
    sums: dict[date, Tokens] = {day: Tokens() for day in period.days if day.day == 1}
    for day, tokens in days.items():
        sums[month_of(day)[0]] += tokens
    return [(MONTHS[first.month - 1], MONTHS[first.month - 1][:1], tokens) for first, tokens in sums.items()]


def _day_name(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def _label(period: Period, day: date) -> str:
    """Return what stands under a bar: every day of a week, four days of a month."""
    if period.kind == "week":
        return f"{day:%a}"
    if day.day in (1, 10, 20) or day == period.last:
        return str(day.day)
    return ""


def _bar(number: int, top: int, name: str, label: str, tokens: Tokens) -> Bar:
    whole = _scaled(tokens.total, top)
    output = min(_scaled(tokens.output, top), whole)
    return Bar(
        name=name,
        label=label,
        tokens=tokens,
        x=number * STEP + (STEP - WIDTH) // 2,
        input_y=_HEIGHT - whole + output,
        input_height=whole - output,
        output_y=_HEIGHT - whole,
        output_height=output,
    )


def _scaled(amount: int, top: int) -> int:
    """Return an amount in the chart's units; what is there at all is seen."""
    if not (amount and top):
        return 0
    return max(1, round(amount * _HEIGHT / top))
