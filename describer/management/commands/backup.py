"""`manage.py backup PATH`: the site in one file, taken while it runs."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from describer.management.progress import Progress
from describer.ops.archive import ArchiveError, Manifest, backup, checked


class Command(BaseCommand):
    help = "Write the site's rows and pictures into one file, and read it back. The site may go on running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file to write; one that is there is left alone")
        parser.add_argument(
            "--check", action="store_true", help="write nothing: check the hashes of a backup that is there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        work = checked if options["check"] else backup
        try:
            with _ending_in_order(), Progress(sys.stderr) as tell:
                manifest = work(path, tell)
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path} is whole: {contents(manifest)}.")
        for remark in _remarks(manifest):
            self.stderr.write(remark)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let a backup that is told to stop take its unfinished file away before it ends."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def contents(manifest: Manifest) -> str:
    """Tell what an archive holds, in a line."""
    people, descriptions = (manifest.rows.get(f"describer.{name}", 0) for name in ("user", "description"))
    return (
        f"{people:,} people, {descriptions:,} descriptions, "
        f"{manifest.ledger.attempts:,} attempts of {manifest.ledger.total_tokens:,} tokens, "
        f"{manifest.files:,} files of {manifest.file_bytes:,} bytes, as of {manifest.moment:%Y-%m-%d %H:%M:%S %Z} "
        f"({manifest.database})"
    )


def _remarks(manifest: Manifest) -> list[str]:
    """Tell what is to be known of an archive beside its contents."""
    counts = {
        f"{manifest.gone:,} files were gone from the storage; their pictures are not in the backup.": manifest.gone,
        f"{manifest.changed:,} files are not what was stored once: their hashes differ.": manifest.changed,
        f"{manifest.under_way:,} asks were under way; docs/backup.md says what a restore makes of them.": (
            manifest.under_way
        ),
    }
    return [text for text, count in counts.items() if count]
