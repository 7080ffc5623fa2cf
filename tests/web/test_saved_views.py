"""Saved views: lists of the history under a person's own names, never more than an address says."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.desk.saved_views import MOST_VIEWS
from describer.models import SavedView
from tests.rows import make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


def saved(client, name, place, **more):
    return client.post("/history/views/", {"name": name, "place": place}, follow=True, **more)


def chips_of(client, query=""):
    """Name -> address of the chips of saved views."""
    page = client.get(f"/history/{query}").content.decode()
    nav = page.partition('aria-label="Saved views"')[2].partition("</nav>")[0]
    return {
        unescape(name): unescape(href) for href, name in re.findall(r'href="([^"]*)".*?<bdi>(.*?)</bdi>', nav)
    }


def test_a_list_is_saved_under_a_name_and_is_a_chip_before_the_filters(hers, alice):
    page = saved(hers, "Failed <ones>", "state=failed&model=a")
    assert "Saved as Failed <ones>." in unescape(text_of(page))
    assert chips_of(hers) == {"Failed <ones>": "?state=failed&model=a"}
    html = hers.get("/history/?model=a&state=failed").content.decode()
    assert html.index("Saved views") < html.index("Which ones")
    assert "Change this view" in html and "Save this view" not in html
    other = hers.get("/history/?model=b").content.decode()
    assert "Save this view" in other and "Change this view" not in other
    assert "Save this view" not in hers.get("/history/").content.decode()


def test_what_is_stored_is_an_address_of_known_names_alone(hers, alice):
    saved(hers, "Mine", "tag=a&of=everybody&person=1&before=7&next=//evil&state=no&favourite=1&q=%00x")
    row = SavedView.objects.get()
    assert set(row.query.split("&")) == {"tag=a", "favourite=1", "q=x"}
    SavedView.objects.update(query='of=everybody&person=2&tag="><script>&x=1')  # as a backup may bring it
    assert chips_of(hers) == {"Mine": "?tag=%22%3E%3Cscript%3E"}


def test_all_of_the_history_needs_no_view(hers, alice):
    assert "Narrow the list first" in text_of(saved(hers, "All", "before=7"))
    assert not SavedView.objects.exists()


def test_a_name_is_there_once_however_it_is_written_and_a_double_click_is_one_view(hers, alice, his):
    for _ in range(2):
        saved(hers, "Boats", "tag=boat")
    assert "You have a view Boats already" in text_of(saved(hers, " bOATS ", "tag=ship"))
    assert "Saved as boats." in text_of(saved(his, "boats", "tag=ship"))
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(("name", "words"), [(" ", "Give the view a name."), ("x" * 61, "at most 60")])
def test_a_name_that_cannot_be_is_refused_in_words(hers, alice, name, words):
    assert words in text_of(saved(hers, name, "tag=boat"))


def test_there_are_fifty_at_most(hers, alice):
    for number in range(MOST_VIEWS):
        saved(hers, f"View {number}", "tag=boat")
    assert "At most 50 saved views" in text_of(saved(hers, "One more", "tag=boat"))
    assert len(chips_of(hers)) == MOST_VIEWS


def test_it_is_renamed_and_removed(hers, alice):
    saved(hers, "Boats", "tag=boat")
    saved(hers, "Ships", "tag=ship")
    first, second = SavedView.objects.order_by("pk")
    page = hers.post(f"/history/views/{first.pk}/", {"name": "Vessels"})
    assert page["Location"] == "/history/?tag=boat"
    taken = hers.post(f"/history/views/{second.pk}/", {"name": "vessels"}, follow=True)
    assert "You have a view vessels already" in text_of(taken)
    assert list(chips_of(hers)) == ["Vessels", "Ships"]
    hers.post(f"/history/views/{first.pk}/", {"remove": "1"})
    assert list(chips_of(hers)) == ["Ships"]
    assert hers.post(f"/history/views/{first.pk}/", {"remove": "1"}).status_code == 404


def test_a_strangers_view_is_not_there(hers, his, bosses, alice):
    saved(hers, "Boats", "tag=boat")
    pk = SavedView.objects.get().pk
    for client in (his, bosses):
        assert client.post(f"/history/views/{pk}/", {"remove": "1"}).status_code == 404
        assert chips_of(client) == {}


def test_they_cost_the_history_one_statement(hers, alice):
    make_description(alice, "x")
    for number in range(9):
        saved(hers, f"View {number}", f"tag=t{number}")
    with CaptureQueriesContext(connection) as captured:
        hers.get("/history/?tag=t1")
    assert sum("saved" in one["sql"] for one in captured) == 1


def test_they_go_with_their_person(hers, alice):
    saved(hers, "Boats", "tag=boat")
    alice.delete()
    assert not SavedView.objects.exists()
