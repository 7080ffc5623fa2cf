"""`manage.py usage`: what was used, from the roll-up of the ledger alone."""

import csv
import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.lib.csv_cells import escape_formula
from describer.management.options import a_day, one_of
from describer.management.usage.sums import BY, Report, Sums, report
from describer.management.usage.table import table
from describer.models import UsageDay

HEADS = ["Asks", "Calls", "Failed", "Input", "Output", "Tokens", "Cost"]


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
        days = UsageDay.objects.filter(day__range=(first, last)).order_by("day", "id")
        found = report(days.iterator(), by)
        as_table = self.stdout.isatty() and not (options["json"] or options["csv"])
        if options["csv"]:
            self._csv(found, by)
        elif not as_table:
            self._json(found, by)
        elif found.rows:
            self._table(found, by)
        self._remarks(found, f"{first} to {last}", as_table)

    def _csv(self, found: Report, by: str) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow([by, *Sums().values])
        writer.writerows([escape_formula(name), *sums.values.values()] for name, sums in found.rows.items())

    def _json(self, found: Report, by: str) -> None:
        for name, sums in found.rows.items():
            self.stdout.write(json.dumps({by: name} | sums.values, ensure_ascii=False))

    def _table(self, found: Report, by: str) -> None:
        rows = [[name, *sums.cells] for name, sums in found.rows.items()]
        for line in table([by.capitalize(), *HEADS], rows, ["Total", *found.total.cells]):
            self.stdout.write(line)

    def _remarks(self, found: Report, span: str, has_total: bool) -> None:
        total, sandbox = found.total, found.sandbox
        if not found.rows:
            self.stderr.write(f"{span}: nothing was used.")
        elif not has_total:
            cost = f", {total.cells[-1]}" if total.cost else ""
            self.stderr.write(f"{span}: {total.asks:,} asks, {total.total_tokens:,} tokens{cost}.")
        if sandbox.attempts:
            words = f"{sandbox.asks:,} asks and {sandbox.total_tokens:,} tokens of these are the sandbox's"
            self.stderr.write(f"{words}: no model was asked.")


def span(first: str | None, last: str | None) -> tuple[date, date]:
    """Both days are within it. Raises CommandError."""
    until = a_day(last, "--to") if last is not None else timezone.localdate()
    since = a_day(first, "--from") if first is not None else until.replace(day=1)
    if since > until:
        raise CommandError(f"--from {since} is after --to {until}; there is nothing between them.")
    return since, until
