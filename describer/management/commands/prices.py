"""`manage.py prices`: prices from a file, and all of them as one."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.db.exact_decimal import digits_of
from describer.errors import Refusal
from describer.ledger.price_files import PriceFile, export_lines, read_prices
from describer.ledger.price_rows import Change, changes_of, write_prices
from describer.lib.csv_cells import escape_formula, write_cells
from describer.models import Price


class Command(BaseCommand):
    """Shows what a file would change; writes nothing unless it is told to, and then all or nothing."""

    help = "Import prices from a CSV or from LiteLLM's price map, or export them."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="import|export")
        importing = does.add_parser("import", help="show what a file would change; --apply does it")
        importing.add_argument(
            "file", help="a CSV of our columns, or LiteLLM's map as JSON; - is standard input"
        )
        importing.add_argument("--apply", action="store_true", help="write the new rows")
        does.add_parser("export", help="all rows as CSV, which can be imported again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["does"] == "export":
            rows = ([escape_formula(cell) for cell in row] for row in export_lines())
            write_cells(self.stdout, rows, line_end="\n")
            return
        try:
            read = read_prices(_content(options["file"]))
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        changes = changes_of(read.prices)
        for price, before in changes:
            self.stdout.write(_sentence(price, before))
        if options["apply"]:
            write_prices(changes)
        self.stderr.write(_summary(read, changes, applied=options["apply"]))


def _content(name: str) -> str:
    """Return a file's text. Raises CommandError."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not in UTF-8.") from error


def _sentence(price: Price, before: Price | None) -> str:
    """Say what is new, or what becomes of what: "gpt-4o (any endpoint) from 2026-01-31 00:00: input 2.5 -> 2"."""
    where = price.endpoint or "any endpoint"
    head = f"{price.model} ({where}) from {timezone.localtime(price.begins):%Y-%m-%d %H:%M}"
    if before is None:
        return f"{head}: new, {_said(price)}"
    return f"{head}: {_said(before)} -> {_said(price)}"


def _said(price: Price) -> str:
    amounts = (f"{name} {digits_of(amount)}" for name, amount in price.amounts.items() if amount)
    return ", ".join(amounts) or price.state


def _summary(read: PriceFile, changes: Sequence[Change], *, applied: bool) -> str:
    new = sum(before is None for _, before in changes)
    same = len(read.prices) - len(changes)
    told = f"{new:,} new, {len(changes) - new:,} changed, {same:,} as they are"
    if read.passed_over:
        told = f"{told}, {len(read.passed_over):,} passed over (no chat, or no price of tokens)"
    if applied:
        return f"{told}. Done."
    return f"{told}. Nothing is written; --apply does it." if changes else f"{told}."
