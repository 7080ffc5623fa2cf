"""`manage.py fill --descriptions N`: a site for measuring, with many descriptions as people make them over a year."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from describer.management.fill.filling import Filling
from describer.management.options import a_number
from describer.management.progress import Progress
from describer.models import Description

_PEOPLE = "50"
_MOST, _MOST_PEOPLE, _MOST_SEED = 100_000_000, 9_999, 10**15


class Command(BaseCommand):
    """Refuses a site that has descriptions, unless it is told to add to them."""

    help = (
        "Fill a site with descriptions for measuring: a year of asks, answers, failures, tags and usage. "
        "Best while the site is stopped; nothing is asked of any endpoint."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--descriptions", required=True, metavar="N", help="how many")
        parser.add_argument(
            "--people", default=_PEOPLE, metavar="P", help="of how many people (default: %(default)s)"
        )
        parser.add_argument("--batches", default="0", metavar="B", help="none yet, so 0 (the default)")
        parser.add_argument(
            "--seed",
            default="1",
            metavar="S",
            help="another number makes another site (default: %(default)s)",
        )
        parser.add_argument(
            "--more", action="store_true", help="fill a site that has descriptions already, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batches"] != "0":
            raise CommandError(
                "There are no batches yet, so a site cannot be filled with them; leave --batches out."
            )
        filling = Filling(
            a_number(options["descriptions"], "--descriptions", _MOST),
            a_number(options["people"], "--people", _MOST_PEOPLE),
            a_number(options["seed"], "--seed", _MOST_SEED),
            timezone.now(),
        )
        if not options["more"] and Description.objects.exists():
            raise CommandError(
                "This site has descriptions already. Fill one that has none, or say --more to add to them."
            )
        began = time.monotonic()
        with Progress(sys.stderr) as tell:
            filling.run(tell)
        self._report(filling, time.monotonic() - began)

    def _report(self, filling: Filling, seconds: float) -> None:
        counts = filling.counts
        self.stdout.write(
            f"{counts['Description']:,} descriptions of {filling.people:,} people with {counts['Attempt']:,} calls and "
            f"{counts['Choice']:,} answers in {seconds:.1f} s."
        )
        self.stdout.write(
            "The people have no passwords: `manage.py changepassword person-0001` sets one to log in with."
        )
