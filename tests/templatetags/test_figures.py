"""Numbers, sizes and times as people read them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from describer.templatetags.figures import ago, grouped, money, plain, relative, seconds, size

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, ""),
        ("0", "$0"),
        ("0.0041", "$0.0041"),
        ("0.0109", "$0.0109"),
        ("0.25", "$0.25"),
        ("0.0000012345", "$0.0000012"),
        ("12", "$12.00"),
        ("1234.567", "$1,234.57"),
    ],
)
def test_money(amount, words):
    assert money(None if amount is None else Decimal(amount)) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, ""), (0, "0 bytes"), (999, "999 bytes"), (1024, "1 kB"), (626_700, "612 kB"), (3_250_000, "3.1 MB"), (50 * 2**20, "50 MB")],
)  # fmt: skip
def test_size(count, words):
    assert size(count).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (None, ""),
        (0.004, "under 0.1 s"),
        (0.05, "0.1 s"),
        (3.24, "3.2 s"),
        (4, "4 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (75.2, "1 min 15 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_seconds(span, words):
    assert seconds(span).replace("\u00a0", " ") == words


def test_numbers_are_grouped_and_ids_are_not():
    assert (grouped(1284), plain(1284)) == ("1,284", "1284")
    assert (grouped(None), plain(None)) == ("", "")


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "today, 09:00"),
        (timedelta(hours=13), "yesterday, 23:00"),
        (timedelta(days=2), "Monday, 12:00"),
        (timedelta(days=30), "16 Feb, 12:00"),
        (timedelta(days=400), "11 Feb 2025"),
        (timedelta(days=-1), "19 Mar, 12:00"),
    ],
)
def test_times_are_relative(age, words):
    assert relative(NOW - age, NOW) == words


def test_the_exact_time_is_there_on_hover():
    moment = timezone.now() - timedelta(days=3)

    html = ago(moment)

    assert f'datetime="{moment.isoformat()}"' in html
    assert f'title="{moment:%Y-%m-%d %H:%M:%S} UTC"' in html


def test_no_time_is_nothing():
    assert ago(None) == ""
