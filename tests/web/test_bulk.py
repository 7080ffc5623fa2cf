"""One thing done with many descriptions of the history: what was ticked, or all that was found when it was pressed."""

import base64
import io
import json
import random
import re
import tracemalloc
import zipfile
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.desk import bulk as bulk_rules
from describer.desk.marks import mark
from describer.desk.presets import make_preset
from describer.models import Description, DescriptionTag, Tag
from describer.search import index
from describer.search.tables import drop_table
from tests.rows import boat, make_description, make_image
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def rows(alice):
    return [make_description(alice, f"Answer {number}.", question="What?") for number in range(5)]


def sent(client, action, rows=(), place="", **fields):
    fields = {"action": action, "description": [row.pk for row in rows], "place": place} | fields
    return client.post("/history/bulk/", fields)


def all_of(client, place=""):
    """The fields of the form that choose all that a page found."""
    html = client.get(f"/history/?{place}").content.decode()
    (newest,) = re.findall(r'name="newest" value="(\d+)"', html)
    return {"all": "1", "newest": newest, "place": place}


def to_its_end(client, response, most=100):
    """Press Continue until it is done; the page that it leads to, and how often that was."""
    for pressed in range(most):
        if response.status_code == 302:
            return client.get(response["Location"]), pressed
        (work,) = re.findall(r'name="work" value="([^"]+)"', response.content.decode())
        response = client.post("/history/bulk/", {"work": work})
    raise AssertionError("it never ends")


def tags():
    return set(DescriptionTag.objects.values_list("description_id", "tag__name"))


def test_what_is_ticked_is_tagged_and_loses_its_tags(hers, rows):
    first, second = rows[:2]
    page, _ = to_its_end(hers, sent(hers, "tag", rows[:2], tags="Harbour, red"))
    assert "Tagged 2 descriptions." in text_of(page)
    assert tags() == {(row.pk, name) for row in (first, second) for name in ("Harbour", "red")}
    assert "Answer 0" in text_of(hers.get("/history/?q=harbour"))  # the index of words has them
    page, _ = to_its_end(hers, sent(hers, "untag", rows, tags="HARBOUR,never"))
    assert "Took the tags from 2 descriptions." in text_of(page)
    assert tags() == {(first.pk, "red"), (second.pk, "red")}
    assert set(Tag.objects.values_list("name", flat=True)) == {"red"}


def test_one_with_too_many_tags_is_left_as_it_is_and_said(hers, rows):
    mark(rows[0], tags=[f"t{number}" for number in range(50)])
    page, _ = to_its_end(hers, sent(hers, "tag", rows[:2], tags="one more"))
    assert "Tagged one description." in text_of(page)
    assert "One description left out: It has as many tags as there may be." in text_of(page)
    assert rows[0].tagged.count() == 50


def test_favourites_are_marked_and_lose_their_star(hers, rows):
    to_its_end(hers, sent(hers, "favourite", rows[:3]))
    assert Description.objects.filter(favourite=True).count() == 3
    place = "favourite=1"
    to_its_end(hers, sent(hers, "unfavourite", **all_of(hers, place)))
    assert not Description.objects.filter(favourite=True).exists()


def test_what_is_deleted_is_one_undo(hers, rows):
    page, _ = to_its_end(hers, sent(hers, "delete", rows[:3]))
    assert "3 descriptions are in the trash. Undo" in text_of(page)
    (act,) = re.findall(r'name="act" value="(\d+)"', page.content.decode())
    hers.post("/trash/restore/", {"act": act})
    assert Description.objects.untrashed().count() == 5


def test_d11_all_found_is_what_was_found_when_it_was_pressed(hers, alice, monkeypatch):
    """In pieces, with progress, one undo; neither what came later nor what came to its end since."""
    monkeypatch.setattr(bulk_rules, "SECONDS", 0)  # a piece for each request
    monkeypatch.setattr(bulk_rules, "_PIECE", 3)
    mine = [make_description(alice, "x", model="a") for _ in range(8)]
    other = make_description(alice, "x", model="b")
    under_way = make_description(alice, model="a", status="running")
    chosen = all_of(hers, "model=a&state=done")
    later = make_description(alice, "x", model="a")
    response = sent(hers, "delete", **chosen)
    assert "3 of 8" in text_of(response) and 'max="8" value="3"' in " ".join(
        response.content.decode().split()
    )
    Description.objects.filter(pk=under_way.pk).update(
        status="done", finished=timezone.now() + timedelta(seconds=1)
    )
    page, pressed = to_its_end(hers, response)
    assert pressed == 2
    assert "8 descriptions are in the trash. Undo" in text_of(page)
    left = set(Description.objects.untrashed().values_list("pk", flat=True))
    assert left == {other.pk, under_way.pk, later.pk}
    assert Description.objects.exclude(trashed=None).values("trashed").distinct().count() == 1
    (act,) = re.findall(r'name="act" value="(\d+)"', page.content.decode())
    hers.post("/trash/restore/", {"act": act})
    assert set(Description.objects.untrashed().values_list("pk", flat=True)) == left | {
        one.pk for one in mine
    }


def test_d11_each_is_looked_at_once_although_what_is_done_changes_the_list(hers, alice, monkeypatch):
    monkeypatch.setattr(bulk_rules, "SECONDS", 0)
    monkeypatch.setattr(bulk_rules, "_PIECE", 2)
    rows = [make_description(alice, "x") for _ in range(7)]
    for row in rows:
        mark(row, tags=["old"])
    page, _ = to_its_end(hers, sent(hers, "untag", tags="old", **all_of(hers, "tag=old")))
    assert "Took the tags from 7 descriptions." in text_of(page) and tags() == set()


def test_d11_a_later_page_of_the_list_means_all_of_it_too(hers, alice):
    rows = [make_description(alice, "x") for _ in range(26)]
    chosen = all_of(hers, f"before={rows[2].pk}")
    page, _ = to_its_end(hers, sent(hers, "favourite", **chosen))
    assert "Marked 26 descriptions as favourite." in text_of(page)


def test_it_can_be_stopped_and_what_was_done_undone(hers, alice, monkeypatch):
    monkeypatch.setattr(bulk_rules, "SECONDS", 0)
    monkeypatch.setattr(bulk_rules, "_PIECE", 3)
    for _ in range(8):
        make_description(alice, "x")
    response = sent(hers, "delete", **all_of(hers))
    (work,) = re.findall(r'name="work" value="([^"]+)"', response.content.decode())
    page = hers.post("/history/bulk/", {"work": work, "stop": "1"}, follow=True)
    assert "3 descriptions are in the trash. Undo" in text_of(page)
    assert Description.objects.untrashed().count() == 5


def test_the_way_on_is_the_persons_own_and_ends_with_its_undo(hers, his, bosses, rows, settings, monkeypatch):
    monkeypatch.setattr(bulk_rules, "SECONDS", 0)
    monkeypatch.setattr(bulk_rules, "_PIECE", 2)
    (work,) = re.findall(
        r'name="work" value="([^"]+)"', sent(hers, "delete", **all_of(hers)).content.decode()
    )
    for client, text in ((his, work), (bosses, work), (hers, work[:-1] + "x"), (hers, "")):
        page = client.post("/history/bulk/", {"work": text}, follow=True)
        assert "Choose again what to do." in text_of(page)
    settings.UNDO_MINUTES = 0.1  # of which the ten seconds that are left to undo are more than all
    page = hers.post("/history/bulk/", {"work": work}, follow=True)
    assert "This was begun too long ago; 2 are done." in text_of(page)
    assert Description.objects.untrashed().count() == 3


def test_nobody_does_anything_with_anothers(his, hers, bosses, rows):
    for action, fields in (("delete", {}), ("tag", {"tags": "mine"}), ("favourite", {}), ("again", {})):
        for choice in ({}, {"all": "1", "newest": str(10**9), "place": "of=everybody&person=1"}):
            page = to_its_end(his, sent(his, action, rows, **(choice | fields)))[0]
            assert "What you chose is not there any more." in text_of(page)
    assert Description.objects.untrashed().count() == 5 and tags() == set()
    page, _ = to_its_end(bosses, sent(bosses, "favourite", **all_of(bosses, "of=everybody")))
    assert "Marked 5 descriptions as favourite." in text_of(page)


@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("", {}, "Choose what to do."),
        ("drop", {}, "Choose what to do."),
        ("tag", {"tags": " , "}, "Write a tag."),
        ("tag", {"tags": "x" * 61}, "A tag has at most 60 characters."),
        ("delete", {"description": []}, "Choose some descriptions first."),
        ("delete", {"description": ["x", "-1", "9" * 30]}, "Choose some descriptions first."),
        ("delete", {"description": ["9" * 18]}, "What you chose is not there any more."),
    ],
)
def test_what_cannot_be_done_is_said(hers, rows, action, fields, words):
    fields = {"action": action, "description": [rows[0].pk], "place": "state=done&before=99"} | fields
    response = hers.post("/history/bulk/", fields)
    assert response["Location"] == "/history/?state=done&before=99"
    assert words in text_of(hers.get(response["Location"]))
    assert Description.objects.untrashed().count() == 5


def test_without_a_trash_deleting_asks_first(hers, rows, settings):
    settings.UNDO_MINUTES = 0
    response = sent(hers, "delete", rows[:2])
    assert "2 descriptions go for good" in text_of(response)
    assert Description.objects.count() == 5
    page, _ = to_its_end(hers, response)
    assert "2 descriptions are deleted." in text_of(page)
    assert Description.objects.count() == 3


def test_asking_again_says_what_it_comes_to_and_asks_once_however_often_it_is_pressed(hers, rows):
    response = sent(hers, "again", rows[:2])
    assert "This makes 2 new asks" in text_of(response) and "2,568 tokens" in text_of(response)
    assert Description.objects.count() == 5
    (work,) = re.findall(r'name="work" value="([^"]+)"', response.content.decode())
    for _ in range(2):
        page = hers.post("/history/bulk/", {"work": work, "preset": ""}, follow=True)
        assert "Asked 2 descriptions again." in text_of(page)
    assert Description.objects.count() == 7


def test_asking_again_by_a_preset_takes_its_words(hers, alice, rows):
    make_preset(alice, label="Colours", question="Which colours has {file_name}?", system_prompt="Be brief.")
    make_preset(alice, label="Filled", question="What is {this}?")
    response = sent(hers, "again", rows[:1])
    offered = re.findall(r'<option value="([^"]*)"', response.content.decode())
    assert "colours" in offered and "filled" not in offered
    (work,) = re.findall(r'name="work" value="([^"]+)"', response.content.decode())
    hers.post("/history/bulk/", {"work": work, "preset": "colours"})
    born = Description.objects.latest("pk")
    assert born.question == "Which colours has boat.jpg?" and born.preset == "colours"
    assert (born.system_prompt, born.model) == ("Be brief.", rows[0].model)


def test_more_than_200_are_not_asked_again_at_once(hers, alice):
    picture = boat(alice)
    for _ in range(201):
        make_description(alice, status="failed", pictures=picture)
    page = to_its_end(hers, sent(hers, "again", **all_of(hers)))[0]
    assert "At most 200 can be asked again at once" in text_of(page) and "Batches" in text_of(page)
    assert Description.objects.count() == 201


def test_what_cannot_be_asked_again_is_left_out_with_the_reason(hers, alice, rows):
    bare = make_description(alice, status="failed")
    response = sent(hers, "again", [rows[0], bare])
    page, _ = to_its_end(hers, response)
    assert "Asked one description again." in text_of(page)
    assert "One description left out: Add a picture to ask about." in text_of(page)


def test_what_is_chosen_is_exported(hers, his, rows):
    response = sent(hers, "export-jsonl", rows[:2])
    assert response["Location"].startswith("/history/export.jsonl?")
    lines = b"".join(hers.get(response["Location"]).streaming_content).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [rows[1].pk, rows[0].pk]
    assert b"".join(his.get(response["Location"]).streaming_content) == b""


def test_all_found_is_exported_up_to_what_was_there(hers, alice, rows):
    chosen = all_of(hers, "state=done")
    make_description(alice, "Later.")
    response = hers.get(sent(hers, "export-csv", **chosen)["Location"])
    assert response["Content-Disposition"] == 'attachment; filename="descriptions.csv"'
    table = b"".join(response.streaming_content).decode().splitlines()
    assert table[0].startswith('"id","status"') and len(table) == 6
    assert hers.get("/history/export.exe").status_code == 404


def test_one_export_too_many_is_said_on_the_page(hers, rows, settings):
    settings.EXPORTS_PER_PERSON = 0
    page = hers.get(sent(hers, "export-csv", rows)["Location"], follow=True)
    assert "exports of yours are under way already" in text_of(page)


def test_the_page_says_how_many_were_found_and_asks_for_it_only_where_it_does_not_know(hers, alice, rows):
    assert "All 5 found" in text_of(hers.get("/history/"))
    for _ in range(20):
        make_description(alice, "x", model="m")
    html = hers.get("/history/?state=done").content.decode()
    (address,) = re.findall(r'data-found="([^"]+)"', html)
    assert hers.get(unescape(address)).content.decode() == "25"
    assert hers.get("/history/found/?model=m").content.decode() == "20"


def test_it_counts_no_further_than_it_says(hers, rows, monkeypatch):
    monkeypatch.setattr("describer.web.history_found.MOST_COUNTED", 4)
    assert hers.get("/history/found/").content.decode() == "more than 4"


def test_in_the_trash_nothing_is_chosen(hers, rows):
    sent(hers, "delete", rows)
    html = hers.get("/history/?trashed=1").content.decode()
    assert "Answer 0." in html and 'name="description"' not in html and 'id="bulk"' not in html


@pytest.mark.django_db(transaction=True)
def test_a_lost_index_is_told_in_words(hers, rows):
    drop_table()
    try:
        response = sent(hers, "favourite", all="1", newest=10**9, place="q=answer")
        assert hers.get("/history/found/?q=answer").content == b""
        page = hers.get(response["Location"])
        assert page.status_code == 503 and "index of words is being made anew" in text_of(page)
    finally:
        index.start_over()


def exported(client, kind, rows):
    response = client.get(sent(client, f"export-{kind}", rows)["Location"])
    assert response["Content-Disposition"] == f'attachment; filename="descriptions.{kind}"'
    return b"".join(response.streaming_content)


def test_a_zip_holds_pictures_as_they_were_sent_and_answers_beside(hers, alice):
    first = make_description(
        alice, "Two boats.", pictures=[*with_copies(alice, "boat.png", "../../a:b?.jpg")]
    )
    refused = make_description(
        alice, {"content": None, "refusal": "I may not."}, pictures=with_copies(alice, "/etc/x.jpg")
    )
    gone = make_description(alice, "Words.", pictures=[(make_image(alice, files=False), "boat.jpg")])
    failed = make_description(alice, status="failed", pictures=with_copies(alice, "海.heic"))
    archive = zipfile.ZipFile(io.BytesIO(exported(hers, "zip", [first, refused, gone, failed])))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        f"{first.pk}-boat.jpg",
        f"{first.pk}-2-a_b_.jpg",
        f"{first.pk}-boat.txt",
        f"{refused.pk}-x.jpg",
        f"{refused.pk}-x.txt",
        f"{gone.pk}-boat.jpg.gone.txt",
        f"{gone.pk}-boat.txt",
        f"{failed.pk}-海.jpg",
    }
    assert archive.read(f"{first.pk}-boat.jpg") == b"sent boat.png"
    assert archive.read(f"{refused.pk}-x.txt") == b"I may not."


def test_a_page_of_all_has_pictures_inside_and_runs_nothing(hers, alice):
    row = make_description(
        alice,
        "**Two** <script>boats</script>",
        question="<b>What</b>?",
        pictures=with_copies(alice, "boat.png"),
    )
    follow = make_description(alice, "And one more.", follows=row, root=row.pk)
    follow.pictures.all().delete()
    html = exported(hers, "html", [row, follow]).decode()
    assert html.startswith("<!doctype html>") and html.rstrip().endswith("</html>")
    data = base64.b64encode(b"sent boat.png").decode()
    assert html.count(f"data:image/jpeg;base64,{data}") == 2
    assert "<script" not in html and "<b>What" not in html and "<strong>Two</strong>" in html


def with_copies(owner, *names):
    """Pictures whose sent copies are files that tell their names."""
    pictures = []
    for name in names:
        image = make_image(owner, files=False)
        default_storage.save(image.sent_copies.get().file, ContentFile(f"sent {name}".encode()))
        pictures.append((image, name))
    return pictures


@pytest.mark.parametrize("kind", ["zip", "html"])
def test_d12_an_export_with_pictures_takes_no_more_memory_when_it_is_longer(hers, alice, kind):
    """A hundred and fifty descriptions, each with a picture of a megabyte."""
    image = make_image(alice)
    name = image.sent_copies.get().file
    default_storage.delete(name)
    default_storage.save(name, ContentFile(random.Random(1).randbytes(2**20)))
    for _ in range(150):
        make_description(alice, "Two boats.", pictures=[(image, "boat.jpg")])
    response = hers.get(sent(hers, f"export-{kind}", **all_of(hers))["Location"])
    tracemalloc.start()
    try:
        length = sum(map(len, response.streaming_content))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length > 150 * 2**20
    assert peak < 12 * 2**20
