"""Names of files are labels, not paths (U33 to U37)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.images import clean_name


@pytest.mark.parametrize(
    "name", ["猫.jpg", "Кошка на окне.png", "🐈‍⬛ sleeps.heic", "Bu\u0308cher.jpg", "تصویر.jpg"]
)
def test_u33_names_of_any_script_stay_as_they_are(name):
    assert clean_name(name, "picture 1") == name


def test_u34_marks_that_turn_the_direction_are_removed():
    assert clean_name("photo\u202egpj.exe", "picture 1") == "photogpj.exe"
    assert clean_name("\u2066a\u2067b\u2068c\u2069.jpg\u202a\u202b\u202c\u202d", "picture 1") == "abc.jpg"


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("..\\..\\x.jpg", "x.jpg"),
        ("C:\\fakepath\\cat.png", "cat.png"),
        ("/", "picture 1"),
        ("..", "picture 1"),
        (".", "picture 1"),
        ("", "picture 1"),
        (" \t\n", "picture 1"),
        ("a/..", "picture 1"),
        ("new\nline\0.jpg", "newline.jpg"),
    ],
)
def test_u35_the_last_part_of_a_path_is_kept(raw, label):
    assert clean_name(raw, "picture 1") == label


def test_u36_a_long_name_is_cut_and_keeps_its_extension():
    label = clean_name("x" * 300 + ".jpeg", "picture 1")
    assert len(label) == 255 and label.endswith("xx.jpeg")
    assert clean_name("x" * 300, "picture 1") == "x" * 255


@pytest.mark.parametrize(
    "name", ['"><img src=x onerror=alert(1)>.jpg', "<b>.jpg", "a&amp;b.jpg", "'; drop table.jpg"]
)
def test_u37_markup_is_a_label_like_any_other(name):
    assert clean_name(name, "picture 1") == name.rpartition("/")[2]


@given(st.text(max_size=600))
def test_any_name_becomes_a_short_label_of_one_line(raw):
    label = clean_name(raw, "picture 1")
    assert 0 < len(label) <= 255 and label.isprintable() or not set(label) & set("\n\r\t/\\\0\u202e")
    label.encode()
