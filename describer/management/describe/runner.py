"""Asks from the shell, some at once, each begun when a thread is free for it: ten thousand cost no more memory than eight."""

import hashlib
import logging
import os
import stat
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO

from describer.db.connections import closed
from describer.engine.pipeline import process_inline
from describer.engine.queue import Run, Waiter
from describer.engine.submit import Ask, AskImage, Refusal, keep_image, submit_inline
from describer.management.describe.files import printable_path, words_of
from describer.management.describe.report import DescribeReport
from describer.media.site_fault import OF_THE_SITE
from describer.models import Description, Status, User

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 1.0


class Asking:
    """One ask, judged already, about each of `sets` of files; `skip` leaves out what its person has an answer to."""

    def __init__(
        self, ask: Ask, sets: Sequence[Sequence[str]], outcome: DescribeReport, *, skip: bool
    ) -> None:
        self.ask, self.sets, self.outcome, self.skip = ask, deque(sets), outcome, skip
        self.waiters: dict[int, Waiter] = {}  # by thread
        self.stopped = threading.Event()

    def run(self, jobs: int) -> None:
        """Ask about all sets; return when all are at their end, or, once stopped, those under way are."""
        names = [f"ask-{number}" for number in range(min(jobs, len(self.sets)))]
        threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Begin no more asks, and let none wait for another try; calls under way are read to their end."""
        self.stopped.set()
        for waiter in tuple(self.waiters.values()):
            waiter.hang_up()

    def _work(self) -> None:
        with closed():
            try:
                while not self.stopped.is_set() and (paths := self._next()):
                    self._asked_safely(paths)
            except BrokenPipeError:
                self.stop()

    def _next(self) -> Sequence[str]:
        try:
            return self.sets.popleft()
        except IndexError:
            return ()

    def _asked_safely(self, paths: Sequence[str]) -> None:
        """Ask so that a failure which nobody foresaw costs the other asks nothing."""
        try:
            self._asked(paths)
        except BrokenPipeError:
            raise
        except Refusal as refusal:
            self.outcome.failed(paths, refusal.message)
        except Exception as error:
            logger.debug("an ask of the shell failed", exc_info=True)
            self.outcome.failed(paths, f"It was not seen to its end: {error}")

    def _asked(self, paths: Sequence[str]) -> None:
        with ExitStack() as stack:
            files = [
                (path, stack.enter_context(file))
                for path in paths
                if (file := self._opened(path)) is not None
            ]
            if self.skip and files and _is_described(self.ask, [_sha256(file) for _, file in files]):
                self.outcome.skipped([path for path, _ in files])
                return
            pictures = {path: picture for path, file in files if (picture := self._kept(path, file))}
        if pictures:
            self._answered(replace(self.ask, pictures=list(pictures.values())), list(pictures))

    def _opened(self, path: str) -> BinaryIO | None:
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                self.outcome.unfit(path, "It is no file.")
                return None
            return open(path, "rb")
        except OSError as error:
            self.outcome.unfit(path, words_of(error))
            return None

    def _kept(self, path: str, file: BinaryIO) -> AskImage | None:
        name = os.path.basename(printable_path(path))
        try:
            return AskImage(keep_image(self.ask.owner, file, name), name)
        except Refusal as refusal:
            if refusal.code in OF_THE_SITE:
                raise
            self.outcome.unfit(path, refusal.message)
            return None

    def _answered(self, ask: Ask, paths: Sequence[str]) -> None:
        waiter = self.waiters[threading.get_ident()] = Waiter()
        if self.stopped.is_set():
            return
        run = self._begun(ask, waiter)
        if run is None:
            return
        process_inline(run, waiter)
        if not self._was_left(run):
            self.outcome.answered(run.description.pk, paths)
        if waiter.error and waiter.error.pauses and run.description.status == Status.FAILED:
            self.stop()  # each of the others would fail in the same way

    def _begun(self, ask: Ask, waiter: Waiter) -> Run | None:
        """Begin an ask; return None when all was stopped meanwhile.

        While a paid reply cannot be written down, this waits and begins nothing.
        """
        while not waiter.over.is_set():
            try:
                run = submit_inline(ask, waiter)
            except Refusal as refusal:
                if refusal.code != "unavailable":
                    raise
                waiter.over.wait(_AGAIN_SECONDS)
            else:
                return run if isinstance(run, Run) else None  # a description only where a token was given
        return None

    def _was_left(self, run: Run) -> bool:
        """Tell whether an ask was cancelled before its first call, since all was stopped."""
        return self.stopped.is_set() and run.description.status == Status.CANCELLED


def _is_described(ask: Ask, hashes: Sequence[str]) -> bool:
    """Tell whether the ask's person has an answer to the same question about these very pictures.

    The question was then put to the same model in the same way.
    """
    rows = Description.objects.untrashed().filter(
        owner=ask.owner,
        status=Status.DONE,
        model=ask.model,
        question=ask.question,
        system_prompt=ask.system_prompt,
        pictures__image__in=_images(ask.owner, hashes[0]),
        pictures__position=0,
    )
    return any(
        row.parameters == ask.parameters
        and [shown.image.sha256 for shown in row.shown_pictures] == list(hashes)
        for row in rows.only("parameters")
    )


def _images(owner: User, sha256: str) -> list[int]:
    """Return images by number: the database then begins at these and not at all that their person asked."""
    return list(owner.images.filter(sha256=sha256).values_list("pk", flat=True))


def _sha256(file: BinaryIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
