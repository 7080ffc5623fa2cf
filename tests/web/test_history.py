"""The history: newest first, page by page by key, one's own, in few statements."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from describer.desk.marks import mark
from describer.models import ApiKey, Description, Flag
from describer.search import index
from describer.web.history import PAGE
from describer.web.list_filter import FLAG_WORDS
from tests.rows import boat, make_description, make_image
from tests.web.forms import text_of

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


def test_a_page_costs_four_statements_besides_the_frames_and_one_for_links_of_what_is_not_done(hers, alice):
    make_description(alice, "x", "y", status="failed")
    make_description(alice, "x")
    for query in ("", "?state=failed&model=vision-1", f"?before={10**9}", "?after=1"):
        with CaptureQueriesContext(connection) as captured:
            hers.get(f"/history/{query}")
        frames = ("django_session", "describer_user", "describer_endpoint", "describer_savedview")
        lists = [one["sql"] for one in captured if not any(f'FROM "{name}' in one["sql"] for name in frames)]
        of_links = ["describer_descriptionlink" in sql for sql in lists]
        newest = [sql for sql in lists if "MAX(" in sql]  # which the first page shows
        assert len(newest) == ("before" in query or "after" in query)
        lists = [sql for sql in lists if sql not in newest]
        assert len(lists) - sum(of_links) <= 4 and sum(of_links) <= 1, lists


def test_a_tile_says_in_words_why_there_is_no_answer(hers, alice):
    refused = {"state": "refused", "billed": "no"}
    make_description(
        alice,
        status="failed",
        error_message="The endpoint refused the key.",
        attempt=refused,
        pictures=boat(alice),
    )
    make_description(alice, status="waiting", waiting_reason="Third try at 14:05.", pictures=boat(alice))
    make_description(alice, status="cancelled", pictures=boat(alice))
    make_description(alice, {"content": None, "refusal": "I may not."})
    make_description(alice, {"content": "Half", "finish_reason": "length"})
    words = text_of(hers.get("/history/"))
    for expected in (
        "The endpoint refused the key.",
        "not billed",
        "Waiting. Third try at 14:05.",
        "Cancelled",
        "I may not.",
        "declined",
        "cut off",
    ):
        assert expected in words


def test_an_estimate_is_marked_and_what_is_unknown_is_not_written(hers, alice):
    silent = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    make_description(alice, "x", attempt=silent | {"estimated_usage": {"total_tokens": 940}})
    make_description(alice, "y", attempt=silent)
    words = text_of(hers.get("/history/"))
    assert "about 940 tokens" in words
    assert " 0 tokens" not in words


def test_a_tile_without_a_picture_is_no_fault(hers, alice):
    row = make_description(alice, "x")
    row.pictures.all().delete()
    assert listed(hers) == [row.pk]


def test_x20_scripts_in_a_tile_are_text(hers, alice):
    inert = "<script>alert(1)</script>"
    make_description(alice, inert, question=inert, pictures=[(make_image(alice), inert)])
    make_description(alice, status="failed", error_message=inert, model=inert)
    assert inert not in hers.get("/history/?model=" + inert).content.decode()
    assert inert not in hers.get("/history/").content.decode()


def test_a_tile_leads_on_with_the_place_in_the_list(hers, alice):
    row = make_description(alice, "x", model="a/b")
    html = hers.get("/history/?model=a/b&state=done").content.decode()
    assert f'href="/descriptions/{row.pk}/?from=model%3Da%252Fb%26state%3Ddone"' in html


def test_an_unfinished_tile_is_fetched_again_by_itself(hers, alice):
    row = make_description(alice, pictures=boat(alice))
    assert f'data-card="/descriptions/{row.pk}/tile/"' in hers.get("/history/").content.decode()
    Description.objects.update(status="done")
    response = hers.get(f"/descriptions/{row.pk}/tile/")
    assert b"<html" not in response.content
    assert 'data-status="done"' in response.content.decode()
    assert hers.post(f"/descriptions/{row.pk}/tile/").status_code == 405


def test_a_filter_can_be_taken_away(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    html = hers.get(f"/history/?model=vision-1&key={key.pk}").content.decode()
    assert f'href="?key={key.pk}" aria-current="true"><bdi>vision-1</bdi>' in html
    assert 'href="?model=vision-1" aria-current="true"><bdi>nightly</bdi>' in html


def test_x3_a_strangers_key_has_no_name(his, alice):
    key, _ = ApiKey.issue(alice, "secret project")
    assert "secret project" not in text_of(his.get(f"/history/?key={key.pk}"))


def test_choosing_grid_or_list_stays_at_the_place(hers, alice):
    response = hers.post("/history/?state=done&before=7", {"view": "list"})
    assert response["Location"] == "/history/?state=done&before=7"


def test_an_unknown_view_is_not_kept(hers):
    assert "history_view" not in hers.post("/history/", {"view": "<script>"}).cookies


def test_looking_changes_nothing(hers, alice):
    row = make_description(alice, pictures=boat(alice))
    before = Description.objects.values().get()
    for address in ("/history/", f"/descriptions/{row.pk}/", f"/descriptions/{row.pk}/tile/"):
        hers.get(address)
    assert Description.objects.values().get() == before


def asked(client, owner, *answers, **values):
    row = make_description(owner, *answers, **values)
    index.write([row])
    return row


def test_a_search_finds_question_answer_and_name_and_marks_the_words(hers, alice):
    boat_row = asked(hers, alice, "A red *boat* in the harbour, far away.", question="What is it?")
    asked(hers, alice, "A house.", question="Is there a lighthouse?")
    page = hers.get("/history/?q=harb").content.decode()
    assert listed(hers, "?q=harb") == [boat_row.pk]
    assert "<mark>harbour</mark>" in page
    assert 'value="harb"' in page
    assert "<mark>lighthouse</mark>" in hers.get("/history/?q=LIGHT").content.decode()


def test_typed_filters_become_chips_that_can_be_taken_away(hers, alice):
    row = asked(hers, alice, "A boat.", model="gpt-5")
    asked(hers, alice, "A boat.", model="claude")
    mark(row, tags=["Harbour"])
    assert listed(hers, "?q=boat+tag:harbour+model:GPT+is:done") == [row.pk]
    assert listed(hers, "?q=boat+is:failed") == []
    page = hers.get("/history/?q=boat+tag:harbour").content.decode()
    assert 'href="?q=boat"' in page


def test_a_search_goes_with_every_other_filter_and_reads_on_by_key(hers, alice):
    rows = [asked(hers, alice, "boat", favourite=number % 2 == 0) for number in range(2 * PAGE + 4)]
    favourites = [row.pk for row in reversed(rows) if row.favourite]
    assert listed(hers, "?q=boat&favourite=1") == favourites[:PAGE]
    page = hers.get("/history/?q=boat&favourite=1").content.decode()
    older = re.search(r'href="(\?[^"]*before=\d+)"', page)[1].replace("&amp;", "&")
    assert listed(hers, older) == favourites[PAGE:]


def test_what_is_odd_about_answers_is_a_filter(hers, alice):
    rows = {name: make_description(alice, "x", flags=Flag[name.upper()]) for name in FLAG_WORDS}
    make_description(alice, "x")
    for name, row in rows.items():
        assert listed(hers, f"?flag={name}") == [row.pk]
        assert listed(hers, f"?q=is:{name}") == [row.pk]


def test_days_narrow_the_list(hers, alice):
    old = make_description(alice, "x", created=timezone.now() - timedelta(days=40))
    new = make_description(alice, "x")
    today = timezone.localdate().isoformat()
    assert listed(hers, f"?from={today}") == [new.pk]
    assert listed(hers, f"?to={timezone.localdate() - timedelta(days=20)}") == [old.pk]
    assert listed(hers, "?from=nonsense&to=2026-99-99") == [new.pk, old.pk]


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "-x",
        "--",
        '"',
        '""',
        "\x00",
        "NEAR(a b)",
        "OR",
        "a OR",
        "*",
        ":",
        "tag:",
        "is:x",
        "a & b | !c",
        "'",
    ],
)
def test_d9_no_search_is_a_fault(hers, alice, query):
    asked(hers, alice, "x", question="y")
    assert hers.get("/history/", {"q": query}).status_code == 200


def test_d10_another_persons_words_are_not_found(his, alice):
    asked(his, alice, "A secret harbour.")
    assert listed(his, "?q=harbour") == []


def test_a_search_that_finds_nothing_says_so(hers, alice):
    asked(hers, alice, "A boat.")
    assert "holds all of these words" in text_of(hers.get("/history/?q=castle"))


def test_a_search_costs_no_more_statements_than_the_list(hers, alice):
    for _ in range(3):
        asked(hers, alice, "A boat.")
    counts = []
    for address in ("/history/", "/history/?q=boat", "/history/?q=boat+is:done&favourite=0&from=2026-01-01"):
        with CaptureQueriesContext(connection) as queries:
            hers.get(address)
        counts.append(len(queries))
    assert counts[1] == counts[0]
    assert counts[2] <= counts[0] + 3  # a day becomes a number


def test_a_table_is_told_in_a_tile_without_its_lines(hers, alice):
    make_description(alice, "Ferries:\n\n| from | to |\n|:---|---:|\n| Harbour | Pier |\n\nx | y stays.")
    make_description(alice, "a | b is no table")
    page = text_of(hers.get("/history/"))
    assert "Ferries: from · to Harbour · Pier x | y stays." in page
    assert "a | b is no table" in page
