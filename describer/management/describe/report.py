"""What became of each picture, told as soon as it is known: answers on standard output, all else beside it."""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.management.base import OutputWrapper
from django.core.serializers.json import DjangoJSONEncoder

from describer.management.describe.files import printable_path
from describer.management.progress import Progress
from describer.management.usage.table import plain
from describer.models import Description, Status
from describer.serializers import DescriptionOut, serialize
from describer.templatetags.figures import money

_BAR = 20  # characters


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
        """Tell of a description at its end. Raises BrokenPipeError when nobody reads the answers any more."""
        row = Description.objects.select_related("owner", "endpoint").get(pk=number)
        description = serialize([row])[0]
        is_done = description.status == Status.DONE
        fate = "done" if is_done else "failed"
        with self.lock:
            self.counts[fate] += len(paths)
            self.tokens += (description.usage and description.usage.total_tokens) or 0
            self.cost += Decimal(description.cost or 0)
            if is_done or not self.as_text:
                self._print(description, paths)
            if not is_done:
                self._say(paths, _failure(description))
            self._draw()

    def unfit(self, path: str, why: str) -> None:
        """Tell of a file that was not asked about."""
        self._missed("unfit", [path], why)

    def failed(self, paths: Sequence[str], why: str) -> None:
        """Tell of files that nothing was asked about, for a reason that lies in the site."""
        self._missed("failed", paths, why)

    def skipped(self, paths: Sequence[str]) -> None:
        """Count files that were answered before."""
        with self.lock:
            self.counts["skipped"] += len(paths)
            self._draw()

    def remark(self, text: str) -> None:
        with self.lock:
            self.bar.clear()
            self.beside.write(f"{text}\n")

    @property
    def left(self) -> int:
        return self.all - sum(self.counts.values())

    def summary(self) -> str:
        """Sum all up in a line: "3 done, 1 failed, 2 left, 1,234 tokens, $0.01"."""
        counts = {"done": self.counts["done"], "failed": self.counts["failed"]}
        seldom = {"not taken": self.counts["unfit"], "skipped": self.counts["skipped"], "left": self.left}
        counts |= {fate: count for fate, count in seldom.items() if count}
        parts = [f"{count:,} {fate}" for fate, count in counts.items()]
        parts.append(f"{self.tokens:,} tokens")
        if self.cost:
            parts.append(money(self.cost))
        return ", ".join(parts)

    def _print(self, description: DescriptionOut, paths: Sequence[str]) -> None:
        self.bar.clear()
        form = _text_of if self.as_text else _line_of
        self.out.write(form(description, paths) + "\n")
        self.out.flush()

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
        filled = _BAR * ended // max(1, self.all)
        asked = self.counts["done"] + self.counts["failed"]
        rate = asked / max(0.001, time.monotonic() - self.began)
        line = f"[{'#' * filled}{'.' * (_BAR - filled)}] {self.summary()}, {rate:.1f}/s"
        self.bar(line[: shutil.get_terminal_size().columns - 1])


def _failure(description: DescriptionOut) -> str:
    if description.error:
        return description.error.message
    return "It was cancelled."


def _line_of(description: DescriptionOut, paths: Sequence[str]) -> str:
    """Return the description's JSON as the API has it, with `path`, or with `paths` of several pictures."""
    names = [printable_path(path) for path in paths]
    where: dict[str, Any] = {"paths": names}
    if len(names) == 1:
        where = {"path": names[0]}
    line = json.dumps(where | description.model_dump(), cls=DjangoJSONEncoder, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode()


def _text_of(description: DescriptionOut, paths: Sequence[str]) -> str:
    """Write for people: the names, the answers, and what they used."""
    lines = [", ".join(plain(printable_path(path)) for path in paths)]
    for choice in description.choices:
        text = choice.text or choice.refusal or json.dumps(choice.tool_calls, ensure_ascii=False)
        answer = plain(text.strip(), lines=True)
        if len(description.choices) > 1:
            answer = f"[{choice.index + 1}] {answer}"
        lines.append(answer)
    return "\n".join([*lines, f"({_used(description)})", ""])


def _used(description: DescriptionOut) -> str:
    """Tell what an answer used: "1,284 tokens in, 31 out, $0.0041"; an estimate is marked as one."""
    usage = description.usage
    text = "tokens unknown"
    if usage:
        text = f"{_figure(usage.prompt_tokens)} tokens in, {_figure(usage.completion_tokens)} out"
    if usage and usage.estimated:
        text = f"about {text}"
    if description.cost:
        text = f"{text}, {money(Decimal(description.cost))}"
    return text


def _figure(count: int | None) -> str:
    if count is None:
        return "?"
    return f"{count:,}"
