"""`manage.py usage`: what was used, from the roll-up of the ledger alone."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.ledger.totals import Breakdown, Totals, totals
from describer.lib.csv_cells import escape_formula, write_cells
from describer.management.options import a_day, one_of
from describer.management.usage.lines import BY, HEADS, UsageLine, cells_of, lines_of
from describer.management.usage.table import table
from describer.templatetags.figures import money


class Command(BaseCommand):
    """A table on a terminal, else JSON lines or CSV, whose total goes to standard error, so that rows stay rows."""

    help = (
        "Asks, calls, tokens and cost of a span of days (default: this month), by day or by something else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", metavar="DATE", help="first day (default: of the month)")
        parser.add_argument("--to", dest="last", metavar="DATE", help="last day (default: today)")
        parser.add_argument(
            "--by", default="day", metavar="WHAT", help=f"{', '.join(BY)} (default: %(default)s)"
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="JSON lines (the default, but on a terminal)")
        form.add_argument("--csv", action="store_true", help="comma-separated values with a head")

    def handle(self, *args: Any, **options: Any) -> None:
        by = one_of(options["by"], "--by", list(BY))
        first, last = span(options["first"], options["last"])
        used = totals(first, last, BY[by])
        lines = lines_of(used, by)
        as_table = self.stdout.isatty() and not (options["json"] or options["csv"])
        if options["csv"]:
            self._csv(lines, by)
        elif not as_table:
            self._json(lines, by)
        elif lines:
            self._table(lines, used.total, by)
        self._remarks(used, f"{first} to {last}", has_total=as_table)

    def _csv(self, lines: Sequence[UsageLine], by: str) -> None:
        rows = [[escape_formula(line.name), *line.totals.values.values()] for line in lines]
        write_cells(self.stdout, [[by, *Totals().values], *rows], line_end="\n")

    def _json(self, lines: Sequence[UsageLine], by: str) -> None:
        for line in lines:
            self.stdout.write(json.dumps({by: line.name} | line.totals.values, ensure_ascii=False))

    def _table(self, lines: Sequence[UsageLine], total: Totals, by: str) -> None:
        rows = [line.cells for line in lines]
        for text in table([by.capitalize(), *HEADS], rows, ["Total", *cells_of(total)]):
            self.stdout.write(text)

    def _remarks(self, used: Breakdown, days: str, *, has_total: bool) -> None:
        total, sandbox = used.total, used.sandbox
        if not used.groups:
            self.stderr.write(f"{days}: nothing was used.")
        elif not has_total:
            cost = "" if total.known_cost is None else f", {money(total.known_cost)}"
            self.stderr.write(f"{days}: {total.asks:,} asks, {total.total_tokens:,} tokens{cost}.")
        if sandbox.attempts:
            apart = f"{sandbox.asks:,} asks and {sandbox.total_tokens:,} tokens of the sandbox"
            self.stderr.write(f"Apart from this: {apart}; no model was asked.")


def span(first: str | None, last: str | None) -> tuple[date, date]:
    """Both days are within it. Raises CommandError."""
    until = a_day(last, "--to") if last is not None else timezone.localdate()
    since = a_day(first, "--from") if first is not None else until.replace(day=1)
    if since > until:
        raise CommandError(f"--from {since} is after --to {until}; there is nothing between them.")
    return since, until
