"""`manage.py rebuild_search`: makes the index of words anew from the descriptions."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from describer.search import index

_TELL_SECONDS = 2.0


class Command(BaseCommand):
    """Works beside a running site: pages go on, and a search finds the newest first."""

    help = "Makes the index of words anew, the newest descriptions first."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        index.start_over()
        written = 0
        while index.lacking():
            written += index.catch_up(_TELL_SECONDS)
            self.stdout.write(f"{written:,} descriptions are in the index")
        self.stdout.write(f"The index of words is whole: {time.monotonic() - began:.1f} s.")
