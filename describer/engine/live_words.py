"""Words of answers on their way to open pages, while their calls are under way in this process.

Whoever reads a call's stream only notes that more has come. One thread tells pages, of each description at most ten times a
second; another keeps what has come with the row, once a second, so that no death of the process takes it. Neither a Redis nor
a database that hangs holds up a stream: that was paid.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import commonprefix

from django.db import DatabaseError, InterfaceError, transaction

from describer.chat.first_words import FirstWords
from describer.db.connections import borrowed
from describer.engine.events import WordsEvent, tell_words
from describer.engine.queue import Run
from describer.lib.log_rate import LogRate
from describer.models import Status, StreamedWords

logger = logging.getLogger(__name__)
_WARNINGS = LogRate()

TELL_SECONDS = 0.1  # between two pieces of one answer
KEEP_SECONDS = 1.0


class ComingAnswer:
    """An answer that comes: its stream, what pages were told of it, and what was kept."""

    def __init__(self, run: Run, board: "Board") -> None:
        self.run, self.board = run, board
        self.call = run.description.calls
        self.told: tuple[str, bool] = ("", False)
        self.kept: tuple[str, bool] = ("", False)
        self.due = 0.0
        self.has_news = False
        self.is_lost = False
        self.words = FirstWords(self._changed)

    def _changed(self) -> None:
        """Note that more has come; the board is called once for all that comes until it looks."""
        if not self.has_news:
            self.has_news = True
            self.board.news.set()

    def tell(self, now: float) -> float | None:
        """Tell pages what is new, if it is time; return how many seconds later it will be."""
        if not self.has_news or self.is_lost:
            return None
        if now < self.due:
            return self.due - now
        self.has_news = False
        self.due = now + TELL_SECONDS
        before, self.told = self.told, self.words.so_far()
        if self.told != before:
            tell_words(self.run.description.owner_id, self._event(before[0], *self.told))
        return None

    def _event(self, before: str, text: str, thinks: bool) -> WordsEvent:
        """Return what leads from the words before to those of now."""
        same = len(before)
        if not text.startswith(before):
            same = len(commonprefix([before, text]))
        number = self.run.description.pk
        return WordsEvent(id=number, call=self.call, at=units(text[:same]), words=text[same:], thinks=thinks)

    def keep(self, told: tuple[str, bool]) -> None:
        """Keep what pages were told. A run that has lost its row tells nobody any more: it was cancelled, or deleted."""
        text, thinks = told
        row = StreamedWords(description_id=self.run.description.pk, call=self.call, text=text, thinks=thinks)
        self.is_lost = not row.keep(self.run.token)


def units(text: str) -> int:
    """Return the length of a text as browsers count it: letters beyond the first 65,536 are two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


class Board:
    """The answers that come in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.coming: dict[str, ComingAnswer] = {}
        self.news, self.unkept = threading.Event(), threading.Event()
        self.has_begun = False

    @contextmanager
    def shown(self, run: Run) -> Iterator[FirstWords]:
        """Show the words of a run's call while the block reads its stream."""
        coming = ComingAnswer(run, self)
        run.has_streamed = True
        with self.lock:
            self.coming[run.token] = coming
            self._begin()
        try:
            yield coming.words
        finally:
            with self.lock:
                self.coming.pop(run.token, None)

    def keep(self) -> None:
        """Keep with their rows what has come since the last look, in one transaction and in the order of the rows."""
        coming = [(one, told) for one in self._all() if (told := one.told) != one.kept and not one.is_lost]
        if not coming:
            return
        coming.sort(key=lambda pair: pair[0].run.description.pk)
        with borrowed(), transaction.atomic():
            for one, told in coming:
                one.keep(told)
        for one, told in coming:
            one.kept = told

    def _begin(self) -> None:
        """Start what tells and what keeps, with the first answer that is shown."""
        if not self.has_begun:
            self.has_begun = True
            for name, work in (("told words", self._tell_on), ("kept words", self._keep_on)):
                threading.Thread(target=work, name=name, daemon=True).start()

    def _tell_on(self) -> None:
        pause = None
        while True:
            self.news.wait(pause)
            self.news.clear()
            try:
                pause = self._tell()
            except Exception:
                logger.exception("words are not told")
                pause = TELL_SECONDS
            self.unkept.set()

    def _keep_on(self) -> None:
        while True:
            self.unkept.wait()
            self.unkept.clear()
            try:
                self.keep()
            except (DatabaseError, InterfaceError) as error:
                _WARNINGS.warn(logger, "words that come are not kept, and tried again: %s", error)
                self.unkept.set()
            except Exception:
                logger.exception("words that come are not kept")
            time.sleep(KEEP_SECONDS)

    def _tell(self) -> float | None:
        """Tell what is due; return how many seconds later the next will be, None where nothing is known of."""
        waits = [wait for one in self._all() if (wait := one.tell(time.monotonic())) is not None]
        return min(waits, default=None)

    def _all(self) -> list[ComingAnswer]:
        with self.lock:
            return list(self.coming.values())


board = Board()


def forget_words() -> int:
    """Delete words of descriptions that need none: their answer is there, or nobody is shown one."""
    ended = StreamedWords.objects.filter(description__status__in=(Status.DONE, Status.CANCELLED))
    return ended.delete()[0]
