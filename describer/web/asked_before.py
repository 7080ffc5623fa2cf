"""The offer that stands before an ask whose very answers are there already."""

from dataclasses import dataclass

from describer.models import Description
from describer.web.answers import ShownAnswer, first_answers
from describer.web.ask_form import AskForm
from describer.web.cards import attempts_of
from describer.web.spent import Spent

_SHOWN = 3  # old answers


@dataclass(frozen=True)
class OldAnswer:
    """A description that answers the ask already: its first answer, and what it used then."""

    description: Description
    answer: ShownAnswer | None
    spent: Spent


@dataclass(frozen=True)
class Before:
    """The newest answers that are there, how many there are in all, and of how many pictures there is none."""

    answers: list[OldAnswer]
    count: int
    others: int
    tokens: int | None

    @property
    def more(self) -> int:
        return self.count - len(self.answers)


def before_of(form: AskForm) -> Before | None:
    """Return the offer of a form; None where nothing of it was answered before."""
    rows = form.before.descriptions
    if not rows:
        return None
    attempts = attempts_of(rows)
    spent = {row.pk: Spent.of(attempts[row.pk]) for row in rows}
    answers = first_answers([row.pk for row in rows[:_SHOWN]])
    known = [of_row.tokens for of_row in spent.values() if of_row.tokens is not None]
    return Before(
        [OldAnswer(row, answers.get(row.pk), spent[row.pk]) for row in rows[:_SHOWN]],
        len(rows),
        len(form.before.others),
        sum(known) if known else None,
    )
