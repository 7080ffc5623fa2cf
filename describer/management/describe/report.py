"""What became of each picture, told as soon as it is known: answers on standard output, all else beside it."""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from django.core.management.base import OutputWrapper
from django.core.serializers.json import DjangoJSONEncoder

from describer.management.describe.files import printable_path
from describer.management.progress import Progress
from describer.management.usage.table import plain
from describer.models import Description, Status
from describer.serializers import DescriptionOut, serialize
from describer.templatetags.figures import money

BAR = 20  # characters


class DescribeReport:
    """The account of one command. `counts` is of pictures: done, failed, unfit (none that can be taken), skipped."""

    def __init__(self, out: OutputWrapper, beside: OutputWrapper, bar: Progress, *, as_text: bool) -> None:
        self.out, self.beside, self.bar, self.as_text = out, beside, bar, as_text
        self.counts: Counter[str] = Counter()
        self.all = 0
        self.tokens = 0
        self.cost = Decimal(0)
        self.began = time.monotonic()
        self.lock = threading.Lock()

    def answered(self, number: int, paths: Sequence[str]) -> None:
        """A description is at its end. Raises BrokenPipeError when nobody reads the answers any more."""
        told = serialize([Description.objects.select_related("owner", "endpoint").get(pk=number)])[0]
        is_done = told.status == Status.DONE
        with self.lock:
            self.counts["done" if is_done else "failed"] += len(paths)
            self.tokens += (told.usage and told.usage.total_tokens) or 0
            self.cost += Decimal(told.cost or 0)
            if is_done or not self.as_text:
                self.bar.clear()
                self.out.write((text_of if self.as_text else line_of)(told, paths) + "\n")
                self.out.flush()
            if not is_done:
                self._say(paths, told.error.message if told.error else "It was cancelled.")
            self._draw()

    def unfit(self, path: str, why: str) -> None:
        """A file that was not asked about."""
        self._missed("unfit", [path], why)

    def failed(self, paths: Sequence[str], why: str) -> None:
        """Nothing was asked for a reason that lies in the site."""
        self._missed("failed", paths, why)

    def skipped(self, paths: Sequence[str]) -> None:
        """Answered before."""
        with self.lock:
            self.counts["skipped"] += len(paths)
            self._draw()

    def remark(self, words: str) -> None:
        with self.lock:
            self.bar.clear()
            self.beside.write(f"{words}\n")

    @property
    def left(self) -> int:
        return self.all - sum(self.counts.values())

    def summary(self) -> str:
        """One line: "3 done, 1 failed, 2 left, 1,234 tokens, $0.01"."""
        counts = {"done": self.counts["done"], "failed": self.counts["failed"]}
        seldom = {"not taken": self.counts["unfit"], "skipped": self.counts["skipped"], "left": self.left}
        counts |= {fate: count for fate, count in seldom.items() if count}
        fates = [f"{count:,} {fate}" for fate, count in counts.items()]
        cost = [money(self.cost)] if self.cost else []
        return ", ".join([*fates, f"{self.tokens:,} tokens", *cost])

    def _missed(self, fate: str, paths: Sequence[str], why: str) -> None:
        with self.lock:
            self.counts[fate] += len(paths)
            self._say(paths, why)
            self._draw()

    def _say(self, paths: Sequence[str], why: str) -> None:
        self.bar.clear()
        self.beside.write(f"{plain(', '.join(map(printable_path, paths)))}: {plain(why)}\n")

    def _draw(self) -> None:
        ended = sum(self.counts.values())
        filled = BAR * ended // max(1, self.all)
        asked = self.counts["done"] + self.counts["failed"]
        rate = asked / max(0.001, time.monotonic() - self.began)
        line = f"[{'#' * filled}{'.' * (BAR - filled)}] {self.summary()}, {rate:.1f}/s"
        self.bar(line[: shutil.get_terminal_size().columns - 1])


def line_of(told: DescriptionOut, paths: Sequence[str]) -> str:
    """The description's JSON as the API has it, with `path`, or with `paths` where it is about several pictures."""
    names = [printable_path(path) for path in paths]
    where = {"path": names[0]} if len(names) == 1 else {"paths": names}
    line = json.dumps(where | told.model_dump(), cls=DjangoJSONEncoder, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode()


def text_of(told: DescriptionOut, paths: Sequence[str]) -> str:
    """For people: the names, the answers, and what they used."""
    lines = [", ".join(plain(printable_path(path)) for path in paths)]
    for choice in told.choices:
        words = choice.content or choice.refusal or json.dumps(choice.tool_calls, ensure_ascii=False)
        mark = f"[{choice.index + 1}] " if len(told.choices) > 1 else ""
        lines.append(mark + plain(words.strip(), lines=True))
    return "\n".join([*lines, f"({used(told)})", ""])


def used(told: DescriptionOut) -> str:
    """ "1,284 tokens in, 31 out, $0.0041"; an estimate is marked as one."""
    usage, cost = told.usage, f", {money(Decimal(told.cost))}" if told.cost else ""
    if usage is None:
        return f"tokens unknown{cost}"
    counts = ["?" if one is None else f"{one:,}" for one in (usage.prompt_tokens, usage.completion_tokens)]
    about = "about " if usage.estimated else ""
    return f"{about}{counts[0]} tokens in, {counts[1]} out{cost}"
