"""Prices in files: a CSV of our columns, and LiteLLM's map of prices, told apart by what is in them."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from describer.db.clock import clock
from describer.errors import Refusal
from describer.ledger.price_rows import new_price, values_of
from describer.models import Price
from describer.models.price import AMOUNTS, PATTERN_CHARACTERS

COLUMNS = ("endpoint", "model", "state", *AMOUNTS, "from")
_MILLION = 10**6
_MODES = ("chat", "completion", "responses", None)
_PER_TOKEN = {
    "input": "input_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "output": "output_cost_per_token",
}
_APIECE = {"picture": "input_cost_per_image", "request": "input_cost_per_request"}
_FORMULA = ("'=", "'+", "'-", "'@")


@dataclass(frozen=True)
class PriceFile:
    """The prices of a file, and what of it was passed over."""

    prices: list[Price]
    passed_over: list[str]


def read_prices(text: str) -> PriceFile:
    """Read a file of prices. Raises Refusal, with the line."""
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        return _read_map(text)
    try:
        return PriceFile(list(_read_csv(text)), [])
    except csv.Error as error:
        raise Refusal(f"The file cannot be read: {error}.", code="invalid_value", param="file") from error


def export_lines() -> Iterator[list[str]]:
    """Yield all rows as a file has them, the names of the columns first."""
    yield list(COLUMNS)
    for price in Price.objects.all():
        yield [*values_of(price).values(), price.begins.isoformat()]


def _read_csv(text: str) -> Iterator[Price]:
    head = text.partition("\n")[0]
    lines = csv.DictReader(StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    names = [name.strip().lower() for name in lines.fieldnames or ()]
    if "model" not in names or set(names) - set(COLUMNS):
        message = f"The file is neither a JSON object nor a CSV of these columns: {', '.join(COLUMNS)}."
        raise Refusal(message, code="invalid_value", param="file")
    lines.fieldnames = names
    begins = clock.now()
    for line in lines:
        if any(line.values()):
            yield _read_line(line, lines.line_num, begins)


def _read_line(line: Mapping[str, Any], number: int, begins: datetime) -> Price:
    """Read a line; what is empty is 0, a time that is empty now."""
    values: dict[str, Any] = {name: _text(line.get(name)) for name in ("endpoint", "model", "state")}
    try:
        if None in line:
            raise ValueError("it has more cells than columns")
        amounts = {name: Decimal(_text(line.get(name)) or 0) for name in AMOUNTS}
        values["begins"] = _time_in(_text(line.get("from"))) or begins
        values["state"] = values["state"] or Price.State.PRICED
        return new_price(source=Price.Source.FILE, **values, **amounts)
    except (Refusal, ValueError, InvalidOperation) as error:
        said = "an amount is no number" if isinstance(error, InvalidOperation) else error
        raise Refusal(f"Line {number}: {said}", code="invalid_value", param="file") from error


def _text(cell: str | None) -> str:
    """Return a cell without blanks around it, and without the apostrophe that keeps spreadsheets from running it."""
    text = (cell or "").strip()
    return text[1:] if text.startswith(_FORMULA) else text


def _time_in(text: str) -> datetime | None:
    """Read a time, or a day: its beginning in the site's time zone. Raises ValueError."""
    if not text:
        return None
    moment = parse_datetime(text)
    if moment is None:
        day = parse_date(text)
        if day is None:
            raise ValueError(f"{text!r} is no time like 2026-01-31T00:00:00Z, and no day")
        moment = datetime.combine(day, time())
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _read_map(text: str) -> PriceFile:
    """Read LiteLLM's map: what a token costs becomes what a million do. What is no chat, or has no price of tokens, is passed over."""
    try:
        entries = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Refusal("The file is no JSON that can be read.", code="invalid_json", param="file") from error
    prices, passed_over, begins = [], [], clock.now()
    for model, entry in entries.items():
        price = _read_entry(model, entry, begins)
        if price is None:
            passed_over.append(model)
        else:
            prices.append(price)
    return PriceFile(prices, passed_over)


def _read_entry(model: str, entry: Any, begins: datetime) -> Price | None:
    """Read an entry of the map. A cached token costs what another does, where the map says nothing of it."""
    if not isinstance(entry, dict) or entry.get("mode") not in _MODES or len(model) > PATTERN_CHARACTERS:
        return None
    told = {name: _amount(entry.get(key)) for name, key in _PER_TOKEN.items()}
    if told["input"] is None or told["output"] is None:
        return None
    if told["cached_input"] is None:
        told["cached_input"] = told["input"]
    amounts = {name: (amount or Decimal(0)) * _MILLION for name, amount in told.items()}
    amounts |= {name: _amount(entry.get(key)) or Decimal(0) for name, key in _APIECE.items()}
    state = Price.State.PRICED if any(amounts.values()) else Price.State.FREE
    try:
        return new_price(model=model, state=state, source=Price.Source.MAP, begins=begins, **amounts)
    except Refusal:
        return None


def _amount(value: Any) -> Decimal | None:
    """Return a number of the map, also one in text; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < _MILLION else None
