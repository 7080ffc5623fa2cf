"""`manage.py restore PATH`: a backup into an empty site."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from describer.db.migrating import one_at_a_time
from describer.management.commands.backup import contents
from describer.management.progress import Progress
from describer.management.up.start import only_one
from describer.ops.archive import ArchiveError, Restored, restore


class Command(BaseCommand):
    help = "Put a backup into an empty site: a new DATA_DIR, or the database and storage that the environment names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file that manage.py backup wrote")
        parser.add_argument(
            "--queue",
            action="store_true",
            help="queue what was under way, in place of ending it: only when nothing was asked since, as in a move",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _alone(), Progress(sys.stderr) as tell:
                restored = restore(options["path"], queue_again=options["queue"], tell=tell)
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored {contents(restored.manifest)}.")
        for remark in _remarks(restored):
            self.stdout.write(remark)


@contextmanager
def _alone() -> Iterator[None]:
    """Let no site run on this DATA_DIR meanwhile, and none migrate this database."""
    with ExitStack() as stack:
        if not settings.REDIS_URL:
            stack.enter_context(only_one(settings.DATA_DIR))
        stack.enter_context(one_at_a_time())
        yield


def _remarks(restored: Restored) -> list[str]:
    """Tell what became of what was under way."""
    counts = {
        f"{restored.ended:,} asks were under way at the backup; they end as failed, and can be asked again.": (
            restored.ended
        ),
        f"{restored.queued:,} asks were under way at the backup; they are queued.": restored.queued,
        f"{restored.unknown:,} calls were under way at the backup; they may have been billed.": restored.unknown,
        f"{restored.manifest.gone:,} pictures' files were gone at the backup.": restored.manifest.gone,
    }
    return [text for text, count in counts.items() if count]
