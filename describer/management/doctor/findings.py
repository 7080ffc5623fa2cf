"""What the doctor finds: one line each."""

from collections.abc import Iterator
from dataclasses import dataclass

OK, NOTE, WRONG = "ok", "note", "wrong"


@dataclass(frozen=True)
class Finding:
    """One line: whether it is well, what was found, and how to mend it."""

    mark: str
    what: str
    mend: str = ""


Findings = Iterator[Finding]
