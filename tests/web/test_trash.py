"""The trash on pages: out of every list, Undo in the message, restored and emptied on a page of its own."""

import re

import pytest

from describer.models import Description, DescriptionTag, Share
from tests.rows import boat, make_description, make_image
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def row(alice):
    return make_description(alice, "Two boats.", question="What is it?", pictures=boat(alice))


def trashed(client, row, **fields):
    return client.post(f"/descriptions/{row.pk}/delete/", fields, follow=True)


def act_of(page):
    (act,) = re.findall(r'name="act" value="(\d+)"', page.content.decode())
    return act


def in_trash():
    return set(Description.objects.exclude(trashed=None).values_list("pk", flat=True))


def test_the_message_has_an_undo_that_leads_back_to_it(hers, row):
    page = trashed(hers, row)
    assert "The description is in the trash. Undo" in text_of(page)
    for _ in range(2):  # a double click
        back = hers.post("/trash/restore/", {"act": act_of(page)}, follow=True)
    assert in_trash() == set()
    first, second = (hers.post("/trash/restore/", {"act": act}) for act in (act_of(trashed(hers, row)), "7"))
    assert (first["Location"], second["Location"]) == (f"/descriptions/{row.pk}/", "/trash/")
    assert back.status_code == 200


def test_a_second_press_of_delete_says_nothing_of_an_undo(hers, row):
    trashed(hers, row)
    page = trashed(hers, row)
    assert "Undo" not in text_of(page) and in_trash() == {row.pk}


def test_it_is_on_no_page(hers, alice, row):
    newer, older = (make_description(alice, "Another.", question="Another?") for _ in range(2))
    older, newer = sorted((older.pk, newer.pk))
    trashed(hers, row)
    mine = rf"What is it\?|Two boats|/descriptions/{row.pk}/"
    for address in ("/", "/history/", f"/?from={row.pk}"):
        assert not re.search(mine, hers.get(address).content.decode())
    for rest in ("card/", "tile/", "page.html"):
        assert hers.get(f"/descriptions/{row.pk}/{rest}").status_code == 404
    assert f"/descriptions/{row.pk}/" not in hers.get(f"/descriptions/{older}/").content.decode()
    assert "Two boats." in hers.get("/history/?trashed=1").content.decode()
    assert hers.get(f"/descriptions/{row.pk}/tile/?from=trashed%3D1").status_code == 200


def test_its_own_page_offers_restore_and_delete_for_good_and_nothing_else(hers, row):
    trashed(hers, row)
    for rest in ("", "words/"):
        html = hers.get(f"/descriptions/{row.pk}/{rest}").content.decode()
        assert "In the trash." in html and "Two boats." in html
        words = html.partition('<article class="words"')[2].partition("</article>")[0]
        forms = set(re.findall(r'action="([^"]+)"', words))
        assert forms == {"/trash/restore/", "/trash/delete/"}
        assert not re.search("Ask again|Ask with changes|Share|Favourite", words)
    for rest in ("again", "cancel", "marks", "share"):
        fields = {"favourite": "1", "tags": "a", "token": "t"}
        assert hers.post(f"/descriptions/{row.pk}/{rest}/", fields).status_code == 404
    assert not (Share.objects.exists() or DescriptionTag.objects.exists())
    assert Description.objects.count() == 1


def test_several_answers_in_the_trash_can_be_read_and_not_picked(hers, alice):
    row = make_description(alice, "One.", {"content": "Two.", "finish_reason": "length"}, parameters={"n": 2})
    trashed(hers, row)
    html = hers.get(f"/descriptions/{row.pk}/").content.decode()
    assert "One." in html and "Two." in html
    assert not re.search('Keep this one|name="room"', html)


def test_the_page_lists_restores_and_deletes_one_or_several(hers, alice):
    rows = [make_description(alice, f"Answer {n}.", question=f"Question {n}?") for n in range(4)]
    for row in rows:
        trashed(hers, row)
    html = hers.get("/trash/").content.decode()
    assert html.count("/thumbnail/") == 4 and "Question 2?" in html and "Answer 2." in html
    assert "to be restored until" in " ".join(html.split())
    hers.post("/trash/restore/", {"description": [rows[0].pk, rows[1].pk]})
    assert in_trash() == {rows[2].pk, rows[3].pk}
    hers.post("/trash/restore/", {"description": rows[2].pk, "only": rows[3].pk})
    assert in_trash() == {rows[2].pk}, "a row's own button takes nothing else along"
    trashed(hers, rows[3])
    page = hers.post("/trash/delete/", {"description": rows[3].pk}, follow=True)
    assert "The description is deleted for good." in text_of(page)
    assert set(Description.objects.values_list("pk", flat=True)) == {row.pk for row in rows[:3]}


def test_emptying_it_takes_what_is_on_other_pages_too_and_nothing_of_others(hers, his, alice, bob):
    for _ in range(26):
        trashed(hers, make_description(alice, status="done"))
    trashed(his, make_description(bob, status="done"))
    first = hers.get("/trash/").content.decode()
    (older,) = re.findall(r'href="(\?before=\d+)" rel="next"', first)
    assert hers.get(f"/trash/{older}").content.decode().count('name="description"') == 2
    kept = make_description(alice, "A boat.")
    assert "26 descriptions are deleted for good." in text_of(
        hers.post("/trash/delete/", {"all": "1"}, follow=True)
    )
    assert "The trash is empty" in text_of(hers.get("/trash/"))
    assert set(Description.objects.values_list("owner__username", "pk")) >= {("alice", kept.pk)}
    assert Description.objects.filter(owner=bob).count() == 1


def test_a_stranger_restores_and_deletes_nothing(hers, his, row):
    act = act_of(trashed(hers, row))
    for fields in ({"act": act}, {"description": row.pk}, {"only": row.pk}):
        his.post("/trash/restore/", fields)
        his.post("/trash/delete/", fields | {"all": "1"})
    assert his.get(f"/descriptions/{row.pk}/").status_code == 404
    assert in_trash() == {row.pk}


@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 40, "\x00", "1e3"])
def test_odd_names_are_no_fault(hers, odd):
    for name in ("act", "description", "only"):
        for path in ("/trash/restore/", "/trash/delete/"):
            assert hers.post(path, {name: odd}).status_code == 302


def test_pictures_of_the_trash_are_seen_by_their_owner_until_they_are_deleted(hers, his, alice):
    image = make_image(alice)
    row = make_description(alice, "A boat.", pictures=[(image, "boat.jpg")])
    trashed(hers, row)
    address = f"/images/{image.pk}/thumbnail/"
    assert b"".join(hers.get(address).streaming_content) and his.get(address).status_code == 404
    Description.objects.update(trashed="2026-01-01T00:00:00Z")
    assert hers.get(address).status_code == 404, "its time is over, whether upkeep came to it or not"
    assert hers.get(f"/descriptions/{row.pk}/").status_code == 404


def test_a_site_without_a_trash_says_that_it_is_gone(hers, row, settings):
    settings.UNDO_MINUTES = 0
    assert "Put into the trash" not in text_of(hers.get(f"/descriptions/{row.pk}/"))
    page = trashed(hers, row)
    assert "The description is deleted." in text_of(page) and "Undo" not in text_of(page)
    assert not Description.objects.exists()


def test_the_way_to_the_trash_is_under_the_historys_end(hers):
    assert 'href="/trash/"' in hers.get("/history/").content.decode()


def test_the_account_page_says_how_long_things_are_kept(hers, alice, settings):
    assert "kept until you delete it" in text_of(hers.get("/account/"))
    type(alice).objects.update(retention_days=90)
    assert "more than 90 days before goes to the trash" in text_of(hers.get("/account/"))
