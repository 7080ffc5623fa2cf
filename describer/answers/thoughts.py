"""What a model thought before it answered: some write it into the answer, between <think> tags."""

import re
from dataclasses import dataclass

_THOUGHT = re.compile(r"\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)


@dataclass(frozen=True)
class ReadAnswer:
    """An answer taken apart. `begin` is where its text begins in what was written; thoughts come before it."""

    thoughts: str
    text: str
    begin: int


def read_answer(content: str) -> ReadAnswer:
    """Take an answer apart. Thoughts stand at its start alone: a tag further on is part of what it says."""
    thoughts, place = [], 0
    while found := _THOUGHT.match(content, place):
        thoughts.append(found[1].strip())
        place = found.end()
    text = content[place:]
    begin = place + len(text) - len(text.lstrip())
    return ReadAnswer("\n\n".join(filter(None, thoughts)), text.strip(), begin)
