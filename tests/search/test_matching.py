"""A search finds on each database what a plain look through all words finds."""

import random

import pytest

from describer.models import Choice, Description
from describer.search import index
from describer.search.entry import COLUMN_NAMES, entries_of
from describer.search.matching import matching
from describer.search.query import holds, read_query
from tests.rows import boat, make_description, make_image

pytestmark = pytest.mark.django_db

WORDS = [
    *("harbour", "Hafen", "größe", "STRASSE", "straße", "café", "Café-au-lait", "scan_001", "scan", "boat"),
    *("boats", "red", "2024", "東京都", "東京", "京都", "の", "タワー", "서울", "서울시", "한국어", "हिन्दी"),
    *("Ωmega", "naïve", "a", "I", "don't", "x"),
]
ODD = [
    "NEAR(",
    "OR",
    "AND",
    "NOT",
    "*",
    ":",
    "&",
    "|",
    "!",
    "'",
    '"',
    "(",
    ")",
    "<->",
    "^",
    "\\",
    "--",
    "+",
    "{a}",
]


def written(chooser, most):
    return " ".join(chooser.choices(WORDS, k=chooser.randint(0, most)))


@pytest.fixture
def site(alice, bob):
    """Forty descriptions of two people, with words of many scripts."""
    chooser = random.Random(7)
    for number in range(40):
        owner = (alice, bob)[number % 2]
        name = f"{chooser.choice(WORDS)}.jpg"
        row = make_description(
            owner,
            written(chooser, 8),
            question=written(chooser, 4) or "?",
            pictures=[(make_image(owner), name)],
        )
        if number % 5 == 0:
            Choice.objects.create(description=row, index=1, content=written(chooser, 4))
            Description.objects.filter(pk=row.pk).update(kept=1)
    index.write([*Description.objects.all()])
    return chooser


def random_query(chooser):
    pieces = []
    for _ in range(chooser.randint(1, 3)):
        piece = chooser.choice([*WORDS, *ODD])
        if chooser.random() < 0.3:
            piece = f'"{written(chooser, 3)}"'
        if chooser.random() < 0.2:
            piece = piece[: chooser.randint(1, 3)]
        if chooser.random() < 0.2:
            piece = f"-{piece}"
        if chooser.random() < 0.1:
            piece = f"file:{piece}"
        pieces.append(piece)
    return " ".join(pieces)


def plainly(entries, query):
    """Look through the words of all entries, one after the other."""
    return {
        entry.description
        for entry in entries
        if holds(query.terms, [getattr(entry, name) for name in COLUMN_NAMES], COLUMN_NAMES.index("files"))
    }


def found(query, owner=None):
    return {row.pk for row in matching(Description.objects.all(), query, owner)}


def test_two_hundred_random_queries_find_what_a_plain_look_finds(site, alice):
    entries, hits = entries_of([*Description.objects.all()]), 0
    mine = [entry for entry in entries if entry.owner == alice.pk]
    for _ in range(200):
        query = read_query(random_query(site))
        assert found(query) == plainly(entries, query) or not query.terms, query
        assert found(query, alice.pk) == plainly(mine, query) or not query.terms, query
        hits += bool(found(query))
    assert hits > 60


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("strasse", "Die STRASSE"),
        ("straße", "die strasse"),
        ("cafe", "Ein Café"),
        ("café", "ein cafe"),
        ("au lait", "Café-au-lait"),
        ("scan 001", "scan_001"),
        ("東京", "これは東京都です"),
        ("京都", "これは東京都です"),
        ("東京都", "これは東京都です"),
        ("京", "これは京です"),
        ("서울", "여기는 서울시입니다"),
        ("한국", "한국어"),
        ("タワー", "東京タワー"),
        ("harb", "the harbour"),
        ("ＢＯＡＴ", "a boat"),
        ("ångström", "angstrom"),
        ('"red boat"', "the red boat"),
        ("boat -night", "the boat by day"),
        ("Lodz", "Łódź"),
    ],
)
def test_words_are_found(alice, query, text):
    row = make_description(alice, text, question="?")
    index.write([row])
    assert found(read_query(query), alice.pk) == {row.pk}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('"red boat"', "a boat, red"),
        ("boat -night", "the boat at night"),
        ("harb boat", "the harbour with a boat"),  # only the last word may be a beginning
        ('"harb"', "the harbour"),
        ("京東", "東京都"),
    ],
)
def test_words_that_are_not_there_are_not_found(alice, query, text):
    row = make_description(alice, text, question="?", pictures=boat(alice))
    index.write([row])
    assert not found(read_query(query), alice.pk)


def test_a_phrase_does_not_begin_in_the_question_and_end_in_the_answer(alice):
    row = make_description(alice, "boat", question="red")
    index.write([row])
    assert not found(read_query('"red boat"'))
    assert found(read_query("red boat"))


def test_names_of_files_are_found_by_themselves(alice):
    row = make_description(
        alice, "nothing", question="scan?", pictures=[(make_image(alice), "harbour-01.jpg")]
    )
    index.write([row])
    assert found(read_query("file:harbour")) == found(read_query("file:harb")) == {row.pk}
    assert not found(read_query("file:scan"))
    assert not found(read_query("-file:harbour"))


def test_another_persons_words_are_never_found(alice, bob):
    index.write([make_description(bob, "a secret harbour")])
    assert not found(read_query("harbour"), alice.pk)
    assert not found(read_query(f"o{bob.pk} harbour"), alice.pk)
    assert not found(read_query(f"·o{bob.pk}"), alice.pk)
    assert found(read_query("harbour"), bob.pk)


def test_an_answer_longer_than_the_index_is_found_by_its_beginning(alice):
    long = "start " + "word " * 20_000 + "finish"
    row = make_description(alice, long, question="?")
    index.write([row])
    assert found(read_query("start"))
    assert found(read_query("word"))
    assert not found(read_query("finish"))
