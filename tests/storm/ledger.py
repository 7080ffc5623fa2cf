"""The ledger beside the endpoint's own count, attempt by attempt."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from tests.endpoint import Json
from tests.outside.database import Database

ASKS = "SELECT id, question, status, error_code FROM describer_description ORDER BY id"
ATTEMPTS = """
    SELECT description, state, http_status, total_tokens, error_code
    FROM describer_attempt ORDER BY description, number
"""


@dataclass(frozen=True)
class Line:
    """An attempt as the ledger has it."""

    state: str
    status: int | None
    tokens: int | None
    error: str

    def fits(self, call: Json) -> bool:
        """Whether this may be what that call came to; of an unknown one nobody knows."""
        if self.state == "unknown":
            return True
        if self.state == "refused":
            return bool(call["step"] == f"reply {self.status}")
        whole = "answer" if self.tokens is not None else "reply 200"
        return bool((call["step"], call["tokens"]) == (whole, self.tokens))

    @property
    def may_lack_a_call(self) -> bool:
        """Killed, or refused, before a byte left."""
        return self.state == "unknown" or (self.state == "refused" and self.status is None)


Pair = tuple[Line, Json | None]


def pairs(lines: list[Line], calls: list[Json]) -> list[Pair] | None:
    """Each attempt with its call, in order; None when they do not fit."""
    if not lines:
        return [] if not calls else None
    first, rest = lines[0], lines[1:]
    if calls and first.fits(calls[0]) and (found := pairs(rest, calls[1:])) is not None:
        return [(first, calls[0]), *found]
    if first.may_lack_a_call and (found := pairs(rest, calls)) is not None:
        return [(first, None), *found]
    return None


@dataclass
class Comparison:
    """What a storm came to. `wrong` holds a sentence for each broken promise."""

    statuses: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    tokens_served: int = 0
    tokens_unknown: int = 0
    wrong: list[str] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)

    def add(self, ask: str, status: str, error: str, lines: list[Line], calls: list[Json]) -> None:
        self.statuses[f"{status} {error}".strip()] += 1
        self.states.update(line.state for line in lines)
        self.steps.update(call["step"] for call in calls)
        self.tokens += sum(line.tokens or 0 for line in lines)
        self.tokens_served += sum(call["tokens"] or 0 for call in calls if call["written"])
        called = ask.startswith("Called")  # whoever called at the site's own endpoint may be gone
        if status != "done" and error != "bad_answer" and not called:
            self.wrong.append(f"{ask} is {status} {error}")
        if any(line.state not in ("unknown", "refused") for line in lines[:-1]):
            self.wrong.append(f"{ask} was asked again after an answer: {lines}")
        self._compare(ask, lines, calls)
        self._look_for_twice(ask, calls)

    def _look_for_twice(self, ask: str, calls: list[Json]) -> None:
        """A call that was answered whole is followed by another only where a process of the site died between both."""
        for first, second in pairwise(calls):
            whole = first["step"] == "answer" and first["written"]
            if whole and not any(first["at"] <= death <= second["at"] for death in self.deaths):
                self.wrong.append(f"{ask} was sent twice by a living process: {calls}")

    def _compare(self, ask: str, lines: list[Line], calls: list[Json]) -> None:
        found = pairs(lines, calls)
        if found is None:
            self.wrong.append(f"{ask}: the ledger has {lines}, the endpoint {calls}")
            return
        for line, call in found:
            if call and call["written"] and line.tokens is None:
                self.tokens_unknown += call["tokens"] or 0

    def close(self, days: int) -> None:
        """The sums: what was served is in the ledger, but for what is marked unknown; days agree with lines."""
        if self.tokens_served != self.tokens + self.tokens_unknown:
            self.wrong.append(f"served {self.tokens_served} tokens, recorded {self.tokens}")
        if days != self.tokens:
            self.wrong.append(f"days have {days} tokens, lines {self.tokens}")


def compared(rows: Database, counts: dict[str, list[Json]], deaths: list[float]) -> Comparison:
    """Hold the ledger beside the endpoint's count; `deaths` are when processes of the site died, by the monotonic clock."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for description, *values in rows.rows(ATTEMPTS):
        lines[description].append(Line(*values))
    found = Comparison(deaths=deaths)
    for number, question, status, error in rows.rows(ASKS):
        found.add(question, status, error, lines[number], counts.get(question, []))
    found.close(rows.tokens()[1])
    return found
