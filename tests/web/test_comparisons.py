"""The list of comparisons, and what won how often."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.desk.trash import restore, trash
from describer.models import Comparison, Description
from tests.rows import make_comparison, make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


def compared(owner, *variants, **values):
    """A comparison of which one description is there, queued."""
    row = make_comparison(owner, *variants, **values)
    make_description(owner, comparison=row)
    return row


def listed(client, query=""):
    html = client.get(f"/comparisons/{query}").content.decode()
    return [int(number) for number in re.findall(r'class="tile" href="/comparisons/(\d+)/"', html)]


def won(client):
    """The rows of the table: by what, what, how often, of how many."""
    rows = re.findall(r"<tr>\s*<td>(.*?)</tr>", client.get("/comparisons/").content.decode(), re.DOTALL)
    return [re.sub(r"<[^>]+>", " ", row).split() for row in rows]


def test_it_is_reached_from_the_history_and_says_what_will_be_there(hers):
    assert 'href="/comparisons/"' in hers.get("/history/").content.decode()
    assert "Nothing compared yet" in text_of(hers.get("/comparisons/"))


def test_a_line_says_what_was_compared_and_how_it_was_judged(hers, alice):
    for winner, judge in ((None, False), (None, True), (1, True)):
        row = make_comparison(alice, question="How many boats?", winner=winner)
        make_description(alice, "Two.", comparison=row)
        if judge:
            row.judge(winner)
    words = text_of(hers.get("/comparisons/"))
    assert words.count("How many boats?") == words.count("vision-1 | vision-2") == 3
    for verdict in ("not judged yet", "none of them is the best", "best: vision-2"):
        assert words.count(verdict) == 1


def test_pages_are_turned_by_key_newest_first(hers, his, alice, bob):
    rows = [compared(alice).pk for _ in range(50)][::-1]
    compared(bob)
    assert listed(hers) == rows[:24]
    assert listed(hers, f"?before={rows[23]}") == rows[24:48]
    assert listed(hers, f"?before={rows[47]}") == rows[48:]
    assert listed(hers, f"?after={rows[24]}") == rows[:24]
    assert listed(hers, f"?after={rows[48]}") == rows[24:48]
    assert "Nothing here any more" not in text_of(hers.get(f"/comparisons/?before={rows[47]}"))
    assert listed(his) != rows[:24] and len(listed(his)) == 1
    for odd in ("abc", "-1", "9" * 40, "%00"):
        assert hers.get(f"/comparisons/?before={odd}").status_code == 200


def test_wins_are_counted_by_that_in_which_variants_differed(hers, alice, bob):
    models, sizes = ({"model": "a"}, {"model": "b"}), ({"long_side": 512}, {})
    for variants, winner in ((models, 0), (models, 0), (models, 1), (models, None), (sizes, 1)):
        compared(alice, *variants).judge(winner)
    compared(alice, *models)  # not judged: not counted
    compared(bob, *models).judge(1)
    mixed = ({"model": "a", "long_side": 512}, {"model": "a"}, {"model": "b", "preset": "read"})
    compared(alice, *mixed).judge(2)
    assert won(hers) == [
        ["model", "a", "2", "5"],
        ["model", "b", "2", "5"],
        ["preset", "read", "1", "1"],
        ["preset", "no", "preset", "0", "1"],
        ["size", "full", "size", "2", "2"],
        ["size", "512", "px", "0", "2"],
    ]


def test_the_statements_do_not_grow_with_the_rows(hers, alice):
    counts = []
    for count in (2, 20):
        for _ in range(count):
            row = make_comparison(alice)
            for number in range(2):
                make_description(alice, "Two.", comparison=row, variant=number)
            row.judge(0)
        with CaptureQueriesContext(connection) as captured:
            hers.get("/comparisons/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 7, counts


def test_what_is_all_in_the_trash_is_neither_listed_nor_counted_until_it_is_restored(hers, alice):
    models = ({"model": "a"}, {"model": "b"})
    for number in range(2):
        row = make_comparison(alice, *models)
        for variant in range(2):
            make_description(alice, "Two.", comparison=row, variant=variant)
        row.judge(number)
    first, second = Comparison.objects.order_by("pk")
    rows = Description.objects.filter(comparison=first)
    trash(rows.filter(variant=0))
    assert (listed(hers), won(hers)) == (
        [second.pk, first.pk],
        [["model", "a", "1", "2"], ["model", "b", "1", "2"]],
    )
    trash(rows)
    assert (listed(hers), won(hers)) == ([second.pk], [["model", "b", "1", "1"], ["model", "a", "0", "1"]])
    assert restore(rows) == 2
    assert (listed(hers), len(won(hers))) == ([second.pk, first.pk], 2)


def test_markup_is_inert(hers, alice):
    evil = "<script>alert(1)</script>"
    compared(alice, {"model": evil}, {"preset": evil}, question=evil).judge(0)
    assert "<script>alert" not in hers.get("/comparisons/").content.decode()
