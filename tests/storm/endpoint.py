"""The endpoint of a storm, in a process of its own: it fails, refuses for a while, and counts every call it got.

GET /counts answers {question: [{"step", "status", "tokens", "written"}, ...]}, each question's calls in their order.
"""

import argparse
import random
import signal
import threading
import time
from collections import defaultdict
from dataclasses import replace

from tests.endpoint import (
    Call,
    Json,
    ScriptedEndpoint,
    Step,
    answer,
    completion,
    cut_json,
    error,
    rate_limited,
    reply,
    reset,
    reset_midway,
)

FAULTS = (reset, reset_midway, cut_json, lambda: error(500, "Something broke."))


class Storm:
    """Decides what each call meets, and remembers it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.lock = threading.Lock()
        self.count = 0
        self.refuses_until = 0.0
        self.calls: dict[str, list[Call]] = defaultdict(list)

    def meet(self, call: Call) -> Step:
        with self.lock:
            self.count += 1
            self.calls[question(call)].append(call)
            if self.count == self.options.refuse_after:
                self.refuses_until = time.monotonic() + self.options.refuse_seconds
            return self._step()

    def _step(self) -> Step:
        if time.monotonic() < self.refuses_until:
            return rate_limited(1)
        if self.random.random() < self.options.faults:
            return self.random.choice(FAULTS)()
        prompt, written = self.random.randint(1000, 9999), self.random.randint(10, 99)
        usage = (prompt, written, prompt + written)
        delay = self.random.uniform(0, 2 * self.options.delay)
        if self.random.random() < self.options.odd:
            return odd_answer(f"Answer {self.count}.", usage, delay)
        return answer(f"Answer {self.count}.", usage=usage, delay=delay)

    def counts(self) -> Json:
        with self.lock:
            return {asked: [counted(call) for call in calls] for asked, calls in self.calls.items()}


def odd_answer(text: str, usage: tuple[int, int, int], delay: float) -> Step:
    """An answer that no column holds as it came."""
    body = completion(text, usage=usage)
    body["choices"][0] |= {"index": 40_000, "finish_reason": "x" * 5000}
    body["choices"][0]["message"]["content"] += " \x00"
    step = reply(200, body, delay=delay, usage=usage)
    return replace(step, name="answer")


def question(call: Call) -> str:
    content = (call.body or {})["messages"][-1]["content"]
    return str(next(part["text"] for part in content if part["type"] == "text"))


def counted(call: Call) -> Json:
    step = call.step
    assert step
    tokens = step.usage[2] if step.usage else None
    return {"step": step.name, "tokens": tokens, "written": call.written, "at": call.at}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storm.endpoint")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds that an answer takes on average")
    parser.add_argument("--faults", type=float, default=0.05, help="share of calls that fail")
    parser.add_argument("--odd", type=float, default=0.0, help="share of answers that no column holds")
    parser.add_argument("--refuse-after", type=int, default=1000, help="the call with which 429 begins")
    parser.add_argument("--refuse-seconds", type=float, default=10.0)
    storm, stop = Storm(parser.parse_args()), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ScriptedEndpoint(pages={"/counts": storm.counts}) as endpoint:
        endpoint.rule(storm.meet)
        print(endpoint.url, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
