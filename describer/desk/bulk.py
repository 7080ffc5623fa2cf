"""One thing done with many descriptions, piece by piece, for a moment at a time; how far it came goes along as plain values.

It is done with what a list held when it was begun: with nothing that came later, and with each description once.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Sum

from describer.db.clock import clock
from describer.desk.filters import Selection
from describer.desk.marks import add_tags, take_tags
from describer.desk.presets import chosen_preset
from describer.desk.trash import trash
from describer.engine.submit import ask_again, tag_names
from describer.errors import Refusal
from describer.models import Attempt, Description, User
from describer.models.description_rows import DescriptionQuerySet, undo_begins
from describer.search.matching import LISTED_BY, newer_than, newest_first, older_than

SECONDS = 0.5  # of work at a time; then whoever waits is told how far it came
MOST_ASKED = 200  # again, at once: each costs
MOST_COUNTED = 10_000
_PIECE = 200
_ASKED_PIECE = 10
_LASTS = timedelta(hours=1)
_MOMENT = timedelta(seconds=10)  # that is left to undo at least


@dataclass(frozen=True)
class Bulk:
    """What is done with many, since when, and how far it came.

    `value` is what the action needs: tags with commas between, the name of a preset. `last` is the description that it came
    to, `left` how many it could do nothing with, `why` the reason of the last one.
    """

    action: str
    value: str
    begun: datetime
    last: int = 0
    done: int = 0
    left: int = 0
    why: str = ""
    is_over: bool = False


Done = tuple[int, int, str]  # with how many it was done, with how many not, and why
_Act = Callable[[Bulk, Sequence[int], User], Done]


def found_then(selection: Selection, newest: int, begun: datetime) -> DescriptionQuerySet:
    """Return what a list held when something was begun: nothing above its `newest` description.

    Where an answer decides what is in the list, what came to its end since is not.
    """
    rows: DescriptionQuerySet = older_than(selection.rows(), newest + 1)
    query = selection.query
    if selection.statuses or selection.flag or query.terms or query.states or query.flags:
        rows = rows.exclude(finished__gt=begun)
    return rows


def chosen_ones(person: User, numbers: Sequence[int]) -> DescriptionQuerySet:
    """Return the descriptions of these numbers that a person may see, as a list holds them."""
    rows = Description.objects.of(person).untrashed().filter(pk__in=numbers)
    return rows.alias(**{LISTED_BY: F("pk")})


def counted(rows: DescriptionQuerySet, most: int = MOST_COUNTED) -> int:
    """Count rows of a list, no further than one above `most`: all of a million would take seconds.

    They are counted in the list's order: without one, SQLite looks up each of a person's rows in the index of words.
    """
    return newest_first(rows).values("pk")[: most + 1].count()  # type: ignore[no-any-return]


def check_begun(action: str, value: str, rows: DescriptionQuerySet, person: User) -> None:
    """Raise Refusal for what cannot be done with these."""
    if action not in ACTIONS:
        raise Refusal("Choose what to do.", code="invalid_value", param="action")
    if action in ("tag", "untag") and not tag_names(value.split(",")):
        raise Refusal("Write a tag.", code="missing_required_parameter", param="tags")
    if action != "again":
        return
    if counted(rows.filter(owner=person), MOST_ASKED) > MOST_ASKED:
        message = f"At most {MOST_ASKED} can be asked again at once, since each call costs. Narrow the list, or choose some. "
        raise Refusal(message + "Batches, which are to come, will take more.", code="too_many", status=409)
    if value:
        chosen_preset(person, value)


def check_lasts(bulk: Bulk) -> None:
    """Raise Refusal for what was begun too long ago: nobody remembers what the list held, and an undo names one moment."""
    oldest = clock.now() - _LASTS
    if bulk.action == "delete" and settings.UNDO_MINUTES:
        oldest = max(oldest, undo_begins() + _MOMENT)
    if bulk.begun < oldest:
        message = f"This was begun too long ago; {bulk.done:,} are done. Choose the others anew."
        raise Refusal(message, code="too_late", status=409)


def proceed(bulk: Bulk, rows: DescriptionQuerySet, person: User) -> Bulk:
    """Go on with the rows for about so many SECONDS; return how far it came."""
    size = _PIECE
    if bulk.action == "again":
        size, rows = _ASKED_PIECE, rows.filter(owner=person)
    ends = time.monotonic() + SECONDS
    while not bulk.is_over:
        piece = list(newer_than(rows, bulk.last).values_list("pk", flat=True)[:size])
        if piece:
            done, left, why = ACTIONS[bulk.action](bulk, piece, person)
            why = why or bulk.why
            bulk = replace(bulk, last=piece[-1], done=bulk.done + done, left=bulk.left + left, why=why)
        bulk = replace(bulk, is_over=len(piece) < size)
        if time.monotonic() >= ends:
            break
    return bulk


def tokens_of(rows: DescriptionQuerySet) -> int | None:
    """Return how many tokens the answers of descriptions took, None where none is known."""
    attempts = Attempt.objects.filter(description__in=rows.values("pk"), state=Attempt.State.ANSWERED)
    total: int | None = attempts.aggregate(total=Sum("total_tokens"))["total"]
    return total


def _put_tags(bulk: Bulk, piece: Sequence[int], person: User) -> Done:
    rows = _still_there(piece)
    full = add_tags(rows, tag_names(bulk.value.split(",")))
    return len(rows) - full, full, "It has as many tags as there may be."


def _take_tags(bulk: Bulk, piece: Sequence[int], person: User) -> Done:
    return take_tags(_still_there(piece), tag_names(bulk.value.split(","))), 0, ""


def _favour(bulk: Bulk, piece: Sequence[int], person: User) -> Done:
    rows = Description.objects.untrashed().filter(pk__in=piece)
    return rows.update(favourite=bulk.action == "favourite"), 0, ""


def _put_into_trash(bulk: Bulk, piece: Sequence[int], person: User) -> Done:
    return trash(Description.objects.filter(pk__in=piece), bulk.begun).count, 0, ""


def _ask_each(bulk: Bulk, piece: Sequence[int], person: User) -> Done:
    """Ask each again; sent twice, each is asked once."""
    done, why = 0, ""
    changes = _of_preset(bulk.value, person)
    rows = Description.objects.untrashed().filter(pk__in=piece, owner=person)
    for row in rows.select_related("owner", "endpoint").order_by("pk"):
        own = dict(changes)
        if not own.get("model"):
            own["model"] = row.model
        try:
            ask_again(row, token=f"bulk-{bulk.begun.isoformat()}-{row.pk}", **own)
        except Refusal as refusal:
            why = refusal.message
        else:
            done += 1
    return done, len(piece) - done, why


def _of_preset(name: str, person: User) -> dict[str, Any]:
    """Return what asking by a preset changes; nothing without one. Raises Refusal."""
    if not name:
        return {}
    preset = chosen_preset(person, name)
    return {**preset.words, "preset": preset.name, "is_plain": preset.is_plain, "messages": ()}


def _still_there(piece: Sequence[int]) -> list[Description]:
    return list(Description.objects.untrashed().filter(pk__in=piece).only("pk", "owner"))


ACTIONS: dict[str, _Act] = {
    "tag": _put_tags,
    "untag": _take_tags,
    "favourite": _favour,
    "unfavourite": _favour,
    "again": _ask_each,
    "delete": _put_into_trash,
}
