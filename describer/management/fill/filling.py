"""The story of a fill: people with their pictures, then descriptions in pieces, each written in a transaction with all that is its own."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from django.db import transaction
from django.utils import timezone

from describer.desk.presets import write_built_in
from describer.management.fill.asks import Asks, FilledPiece
from describer.management.fill.columns import Columns
from describer.management.fill.derived import derive, derive_afterwards
from describer.management.fill.load import roomy, settle, take_numbers, write
from describer.management.fill.people import make_people
from describer.management.fill.rows import TABLES
from describer.management.fill.texts import Texts
from describer.management.fill.times import DAYS, moments
from describer.models import Description, Endpoint

PIECE = 20_000
ENDPOINT = "filled"
_NOWHERE = "http://127.0.0.1:9/v1"
_ENDED = timedelta(minutes=20)  # by which the newest are over, however often they were tried
_SLACK = timedelta(hours=12)  # half of what lists allow for (desk/filters.py)
_FAR = timedelta(days=36_500)
_OPEN_OF = 200  # one in so many is left open,
_MOST_OPEN = 60  # but not more than these
_EVERY = 3  # of the newest, so that the newest pages show all sorts


@dataclass
class Filling:
    """How many descriptions of how many people, up to which moment; the same seed makes the same but for ids and times."""

    descriptions: int
    people: int
    seed: int
    now: datetime
    piece: int = PIECE
    counts: Counter[str] = field(default_factory=Counter)
    columns: dict[type, Columns] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {model: Columns.of(model, row._fields) for model, row in TABLES.items()}  # type: ignore[attr-defined]

    def run(self, tell: Callable[[str], None]) -> None:
        """Make all of it, and tell how far it is."""
        random = Random(self.seed)  # noqa: S311  nothing secret
        write_built_in()
        texts = Texts(random)
        asks = Asks(random, texts, make_people(self.people, random, texts, tell), closed_endpoint())
        began = time.monotonic()
        with roomy():
            for done in self._pieces(asks):
                rate = done / (time.monotonic() - began)
                left = (self.descriptions - done) / rate
                tell(
                    f"descriptions: {done:,} of {self.descriptions:,}, {rate:,.0f} a second, {left:.0f} s left"
                )
            tell("the database looks through them")
            settle(TABLES)

    def _pieces(self, asks: Asks) -> Iterator[int]:
        """Write piece by piece; yield how many descriptions there are by then."""
        schedule = self._schedule()
        done = 0
        while chunk := list(islice(schedule, self.piece)):
            with transaction.atomic():
                first = take_numbers(Description, len(chunk))
                piece = FilledPiece(first, first + len(chunk) - 1)
                for number, (created, is_open) in enumerate(chunk, first):
                    asks.add(piece, number, created, is_open=is_open)
                self._write(piece, asks)
            done += len(chunk)
            yield done

    def _write(self, piece: FilledPiece, asks: Asks) -> None:
        derive(piece, asks.counts)
        for model, columns in self.columns.items():
            write(columns, piece.rows[model])
            self.counts[model.__name__] += len(piece.rows[model])
        derive_afterwards(piece)

    def _schedule(self) -> Iterator[tuple[float, bool]]:
        """Yield when each is asked, and whether it is still open; among the newest every third is, up to some."""
        left_open = max(1, min(_MOST_OPEN, self.descriptions // _OPEN_OF))
        newest = self.descriptions - left_open * _EVERY
        end = self.now - _ENDED
        times = moments(self.descriptions, begin_of(end).timestamp(), end.timestamp())
        for place, created in enumerate(times):
            yield created, place >= newest and (self.descriptions - place) % _EVERY == 0


def begin_of(end: datetime) -> datetime:
    """Return from when on things were asked: numbers follow times but for some slack, so not long before the newest there is."""
    begin = end - timedelta(days=DAYS)
    newest = Description.objects.order_by("-id").values_list("created", flat=True).first()
    if newest is None:
        return begin
    return min(max(begin, newest - _SLACK), end)


def closed_endpoint() -> Endpoint:
    """Return the endpoint that filled asks name: paused for good, so that what is left open is never asked or paid."""
    closed = {"paused_code": "no_credit", "next_probe": timezone.now() + _FAR}
    endpoint, _ = Endpoint.objects.update_or_create(
        name=ENDPOINT, defaults={"base_url": _NOWHERE, "default_model": "", **closed}
    )
    return endpoint
