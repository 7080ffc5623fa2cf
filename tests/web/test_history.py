"""The history: newest first, page by page by key, one's own, in few statements."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.models import ApiKey
from describer.web.history import PAGE
from tests.web.forms import text_of
from tests.web.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")


def listed(client, query=""):
    response = client.get(f"/history/{query}")
    assert response.status_code == 200
    return [
        int(number)
        for number in re.findall(r'class="tile" id="description-(\d+)"', response.content.decode())
    ]


def test_the_newest_comes_first(hers, alice):
    rows = [make_description(alice, f"Answer {number}.") for number in range(3)]
    assert listed(hers) == [row.pk for row in reversed(rows)]


def test_an_empty_history_leads_to_the_first_ask(hers):
    assert "Nothing asked yet" in text_of(hers.get("/history/"))


def test_x3_a_strangers_rows_are_absent(his, alice):
    make_description(alice, "Secret.", question="Secret?")
    response = his.get("/history/?of=everybody&person=1")
    assert "Secret" not in response.content.decode()
    assert listed(his, "?of=everybody") == []


def test_pages_follow_the_key_in_both_directions(hers, alice):
    rows = [make_description(alice, "x") for _ in range(PAGE + 3)]
    newest_first = [row.pk for row in reversed(rows)]
    first = hers.get("/history/").content.decode()
    older = re.search(r'href="(\?[^"]*before=\d+)"', first)[1].replace("&amp;", "&")
    assert listed(hers) == newest_first[:PAGE]
    assert listed(hers, older) == newest_first[PAGE:]
    newer = re.search(r'href="(\?[^"]*after=\d+)"', hers.get(f"/history/{older}").content.decode())[1]
    assert listed(hers, newer.replace("&amp;", "&")) == newest_first[:PAGE]


def test_it_is_filtered_by_state_and_model(hers, alice):
    done = make_description(alice, "x", model="a")
    failed = make_description(alice, status="failed", model="a")
    queued = make_description(alice, model="b")
    assert listed(hers, "?state=done") == [done.pk]
    assert listed(hers, "?state=failed") == [failed.pk]
    assert listed(hers, "?state=open") == [queued.pk]
    assert listed(hers, "?model=a") == [failed.pk, done.pk]


def test_a_filter_that_finds_nothing_says_so(hers, alice):
    make_description(alice, "x")
    assert "Nothing with this filter" in text_of(hers.get("/history/?state=failed"))


def test_an_admin_may_look_at_everybodys(bosses, alice):
    row = make_description(alice, "x")
    assert listed(bosses) == []
    assert listed(bosses, "?of=everybody") == [row.pk]
    assert listed(bosses, f"?person={alice.pk}") == [row.pk]


def test_it_is_filtered_by_key(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    row = make_description(alice, "x", key=key)
    make_description(alice, "x")
    assert listed(hers, f"?key={key.pk}") == [row.pk]


def test_the_statements_do_not_grow_with_the_rows(hers, alice):
    counts = []
    for _ in range(2):
        for _ in range(8):
            make_description(alice, "x", "y")
        with CaptureQueriesContext(connection) as captured:
            hers.get("/history/")
        counts.append(
            sum("describer_description" in one["sql"] or "attempt" in one["sql"] for one in captured)
        )
        assert len(captured) <= 8, [one["sql"][:80] for one in captured]
    assert counts[0] == counts[1] <= 5


def test_grid_or_list_is_remembered(hers, alice):
    make_description(alice, "x")
    hers.post("/history/", {"view": "list"})
    assert "as-list" in hers.get("/history/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["?before=abc", "?after=-1", f"?before={'9' * 40}", "?model=%00", "?state=%00&person=x", "?key=1e9"],
)
def test_x25_odd_addresses_are_no_fault(hers, query):
    assert hers.get(f"/history/{query}").status_code == 200
