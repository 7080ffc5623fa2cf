"""`manage.py describe PATH...`: asks from the shell, in this process and under its own lease; the site may run beside it or not."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from describer import upkeep
from describer.chat.parameters import NAMES, Parameters
from describer.desk.presets import BUILT_IN
from describer.management.describe.files import Files, files_of
from describer.management.describe.options import (
    ask_of,
    endpoint_of,
    parameters_of,
    person,
    standing_database,
)
from describer.management.describe.report import DescribeReport
from describer.management.describe.runner import Asking
from describer.management.options import a_number
from describer.management.progress import Progress

_JOBS = 8
_MOST_JOBS = 256
USAGE, SOME_FAILED = 2, 1
_NOT_OPTIONS = ("stream", "user")  # answers come whole; --user says whose asks these are


class Command(BaseCommand):
    """One JSON line for each description as soon as it is done; on a terminal text. Exit status 0, 1, 2, or 128 + signal."""

    help = "Ask about pictures: files, folders, patterns, or `-` for paths on standard input."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="+", help="a file, a folder, a quoted pattern, or - ")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--question", "-q", help="what is asked of each picture")
        what.add_argument(
            "--preset",
            metavar="NAME",
            help=f"a preset of yours or the site's, such as {', '.join(preset.name for preset in BUILT_IN)}",
        )
        parser.add_argument(
            "--variable",
            action="append",
            default=[],
            metavar="WORD=TEXT",
            help="a value for a preset's variable",
        )
        parser.add_argument("--model", default="", help="default: the endpoint's")
        parser.add_argument("--system-prompt", default="", metavar="TEXT", help="how the model shall answer")
        parser.add_argument("--user", metavar="NAME", help="whose asks these are (default: the only admin)")
        parser.add_argument("--recursive", "-r", action="store_true", help="go into folders of folders")
        number = parser.add_mutually_exclusive_group()
        number.add_argument("--each", action="store_true", help="an answer each (the default)")
        number.add_argument("--together", action="store_true", help="one answer about all pictures")
        parser.add_argument(
            "--skip-described",
            action="store_true",
            help="leave out pictures that were answered already, asked the same of the same model",
        )
        parser.add_argument("--jobs", metavar="N", help=f"asks at once (default: {_JOBS})")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--jsonl", action="store_true", help="JSON lines (the default, but on a terminal)")
        form.add_argument("--text", action="store_true", help="text for people")
        for name, field in Parameters.model_fields.items():
            if name not in _NOT_OPTIONS:
                option = f"--{name.replace('_', '-')}"
                action = "append" if NAMES[name] == "stop" else "store"
                parser.add_argument(option, action=action, metavar="VALUE", help=field.description)
        parser.add_argument(
            "--parameter", action="append", default=[], metavar="NAME=VALUE", help="any of them, by its name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verbosity"] < 2:
            for name in ("", "describer"):
                logging.getLogger(name).setLevel(logging.WARNING)  # each call is told of already
        try:
            asking, outcome, jobs = self._prepared(options)
        except CommandError as error:
            error.returncode = USAGE
            raise
        upkeep.keep_leases()
        with _Interrupt(asking, outcome) as stop, outcome.bar:
            asking.run(jobs)
        self._end(outcome, stop)

    def _prepared(self, options: dict[str, Any]) -> tuple[Asking, DescribeReport, int]:
        """Judge the whole call before anything is asked. Raises CommandError, which says what is wrong."""
        jobs = min(_JOBS, settings.WORKER_CONCURRENCY)
        if options["jobs"]:
            jobs = a_number(options["jobs"], "--jobs", _MOST_JOBS)
        parameters = parameters_of(options)
        standing_database()
        ask = ask_of(options, person(options["user"]), parameters, endpoint_of())
        files = files_of(options["path"], sys.stdin, deep=options["recursive"])
        sets = _sets_of(files, together=options["together"])
        as_text = options["text"] or (self.stdout.isatty() and not options["jsonl"])
        outcome = DescribeReport(self.stdout, self.stderr, Progress(sys.stderr), as_text=as_text)
        outcome.all = len(files.paths) + len(files.wrong)
        self._remark(files, outcome)
        return Asking(ask, sets, outcome, skip=options["skip_described"]), outcome, jobs

    def _remark(self, files: Files, outcome: DescribeReport) -> None:
        for path, why in files.wrong.items():
            outcome.unfit(path, why)
        if files.folders_left:
            outcome.remark(
                f"{files.folders_left:,} folders within were left out; --recursive takes them, too."
            )

    def _end(self, outcome: DescribeReport, stop: "_Interrupt") -> None:
        if outcome.all > 1 or outcome.counts["done"] < outcome.all:
            self.stderr.write(f"{outcome.summary()}.")
        if stop.signal:
            raise SystemExit(128 + stop.signal)
        if outcome.counts["done"] + outcome.counts["skipped"] < outcome.all:
            raise SystemExit(SOME_FAILED)


def _sets_of(files: Files, *, together: bool) -> Sequence[Sequence[str]]:
    """Return the sets of pictures that are asked about at once. Raises CommandError."""
    paths = list(files.paths)
    if not paths and not files.wrong:
        raise CommandError("There is no picture to ask about.")
    if not together or not paths:
        return [[path] for path in paths]
    most = settings.IMAGES_PER_ASK
    if len(paths) > most:
        raise CommandError(f"At most {most} pictures together; these are {len(paths):,}.")
    return [paths]


class _Interrupt:
    """What SIGINT, SIGTERM and SIGHUP do: once, begin no more asks and end those under way; again, leave at once."""

    def __init__(self, asking: Asking, outcome: DescribeReport) -> None:
        self.asking, self.outcome = asking, outcome
        self.signal = 0
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "_Interrupt":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                self.before[number] = signal.signal(number, self)
        return self

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            os._exit(128 + number)
        self.signal = number
        self.asking.stop()

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
