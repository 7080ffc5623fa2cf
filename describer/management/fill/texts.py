"""Questions and answers of realistic lengths: slices of a long run of sentences in each language.

A slice costs a microsecond, where putting sentences together for each answer would take most of a fill's time.
"""

import json
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate, product
from random import Random

from describer.management.fill.words import HEADINGS, LANGUAGES, SYLLABLES, Language

_SENTENCES = 3000
_KEYWORDS = 200
_NAMES = 20_000  # rare words: the most of them stand in some dozens of answers of a million
_NAMED = 0.3


def draw_length(random: Random, median: float, sigma: float) -> int:
    """Draw a length in characters, log-normal as people's and models' texts are."""
    return int(random.lognormvariate(0.0, sigma) * median)


@dataclass
class Speech:
    """A language's sentences in a long run of text, by where each begins and ends; its questions, tags and lists of keywords."""

    text: str
    begins: list[int]
    ends: list[int]
    questions: list[str]
    tags: list[str]
    keywords: list[str]

    def sentences(self, random: Random, length: int) -> str:
        """Return whole sentences of at least this length, as far as the run goes on."""
        first = int(random.random() * len(self.begins) * 0.9)
        begin = self.begins[first]
        last = bisect_left(self.ends, begin + length, first, len(self.ends) - 1)
        return self.text[begin : self.ends[last]]


@dataclass
class Texts:
    """All texts of a fill, made once of a seed."""

    random: Random
    speeches: list[Speech] = field(init=False)
    shares: list[int] = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.speeches = [_speech(language, self.random) for language in LANGUAGES]
        self.shares = list(accumulate(language.share for language in LANGUAGES))
        self.names = [_name(self.random) for _ in range(_NAMES)]

    def speech(self, random: Random) -> Speech:
        """Draw a language."""
        return self.speeches[bisect_left(self.shares, random.random() * self.shares[-1])]

    def answer(self, random: Random, speech: Speech, median: float) -> str:
        """Return an answer; some name something that few others name."""
        text = speech.sentences(random, draw_length(random, median, 0.75))
        if random.random() < _NAMED:
            name = self.names[int(random.random() ** 3 * _NAMES)]
            return f"{text} “{name} {int(random.random() * 9000) + 1000}”"
        return text


def _speech(language: Language, random: Random) -> Speech:
    parts = (language.who.split("|"), language.what.split("|"), language.where.split("|"))
    every = [language.order.format(who=who, what=what, where=where) for who, what, where in product(*parts)]
    text, begins, ends = "", [], []
    for _ in range(_SENTENCES):
        text += _gap(random, text)
        begins.append(len(text))
        text += random.choice(every)
        ends.append(len(text))
    words = [*parts[0], *parts[2]]
    keywords = [
        json.dumps({"keywords": random.sample(words, min(12, len(words)))}, ensure_ascii=False)
        for _ in range(_KEYWORDS)
    ]
    return Speech(text, begins, ends, language.questions.split("|"), language.tags.split("|"), keywords)


def _gap(random: Random, text: str) -> str:
    """Return what stands between two sentences: mostly a blank, now and then a paragraph, a heading or a list."""
    if not text:
        return ""
    drawn = random.random()
    if drawn < 0.8:
        return " "
    if drawn < 0.92:
        return "\n\n"
    if drawn < 0.94:
        return f"\n\n{random.choice(HEADINGS)}\n\n"
    return "\n- "


def _name(random: Random) -> str:
    return "".join(random.choices(SYLLABLES, k=random.randint(2, 4))).capitalize()
