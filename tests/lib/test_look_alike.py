"""Names that a reader would take for each other are told apart by the site."""

import pytest

from describer.lib.look_alike import alphabets_of, drawn


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "аlice"),
        ("alice", "аlіcе"),
        ("Alice", "alice"),
        ("copy", "сору"),
        ("BETA", "ΒΕΤΑ"),
        ("bob", "ｂｏｂ"),
        ("pax", "рах"),
        ("oscar", "օscar"),
    ],
)
def test_fe29_names_that_are_drawn_alike_look_the_same(one, other):
    assert one != other
    assert drawn(one) == drawn(other)


def test_fe29_other_names_do_not():
    names = [
        "ann",
        "anna",
        "борис",
        "мария",
        "νίκη",
        "山田",
        "やまだ",
        "user1",
        "user-1",
        "josé",
        "jose",
        "émile",
    ]
    assert len(set(map(drawn, names))) == len(names)


def test_fe29_alphabets_of_a_name_are_those_that_look_alike():
    assert alphabets_of("аlice") == {"LATIN", "CYRILLIC"}
    assert alphabets_of("борис-2") == {"CYRILLIC"}
    assert alphabets_of("山田taro") == {"LATIN"}
    assert alphabets_of("") == frozenset()
