"""The index follows the words; one that is lost, broken or behind costs no ask, no answer and no page."""

import io
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import connection

from describer.desk.marks import mark
from describer.desk.trash import delete_for_good
from describer.engine.pipeline import run_next
from describer.engine.submit import Ask, AskImage, keep_image, submit
from describer.models import Choice, Description, SearchEntry, SearchGap
from describer.search import index
from describer.search.checking import disagreeing
from describer.search.matching import matching
from describer.search.query import read_query
from describer.search.tables import drop_table
from tests.endpoint import answer
from tests.images.pictures import photo
from tests.rows import make_description

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]


@pytest.fixture(autouse=True)
def whole():
    """An index that is there, and of which nothing is known that is wrong."""
    index.start_over()
    SearchGap.objects.all().delete()
    yield
    index.start_over()


@pytest.fixture
def row(alice):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "harbour.jpg")
    return submit(Ask(owner=alice, question="Which boat?", pictures=[AskImage(image, "harbour.jpg")]))[0]


def found(text, owner=None):
    return {row.pk for row in matching(Description.objects.all(), read_query(text), owner)}


def test_an_ask_is_found_at_once_and_its_answer_when_it_is_recorded(row, endpoint):
    assert found("boat") == found("file:harbour") == {row.pk}
    endpoint.then(answer("A schooner."))
    assert not found("schooner")
    assert run_next()
    assert found("boat schooner") == {row.pk}
    assert not disagreeing()


def test_the_answer_that_counts_is_found_and_tags_are(row):
    for number, text in enumerate(["A schooner.", "A ketch."]):
        Choice.objects.create(description=row, index=number, content=text)
    mark(row, kept=1, tags=["Sails"])
    assert found("ketch sails") == {row.pk}
    assert not found("schooner")
    mark(row, kept=0, tags=[])
    assert found("schooner") == {row.pk}
    assert not found("sails")
    assert not disagreeing()


def test_deleted_words_are_in_no_entry(row, alice):
    delete_for_good(Description.objects.filter(pk=row.pk))
    assert not found("boat")
    other = make_description(alice, "A ketch.")
    index.write([other])
    alice.delete()
    assert not SearchEntry.objects.exists()


def test_d15_what_is_asked_and_answered_while_the_index_is_lost_is_kept_and_found_later(
    row, endpoint, client, alice
):
    client.force_login(alice)
    drop_table()
    endpoint.then(answer("A schooner."))
    assert run_next()
    row.refresh_from_db()
    assert row.status == "done"
    assert client.get("/history/").status_code == 200
    said = client.get("/history/?q=boat")
    assert (said.status_code, "made anew" in said.content.decode()) == (503, True)
    index.trouble.until = 0
    assert index.catch_up() >= 1
    assert found("schooner") == {row.pk}
    assert not index.lacking()


def test_d15_the_doctor_says_that_entries_are_missing_or_wrong_and_a_rebuild_mends(row, alice, capsys):
    assert "search" in examined(capsys)["ok"]
    other = make_description(alice, "A ketch.")
    assert "search" in examined(capsys)["wrong"]
    index.write([other])
    Description.objects.filter(pk=row.pk).update(question="Something else?")
    assert "search" in examined(capsys)["wrong"]
    call_command("rebuild_search")
    assert "whole" in capsys.readouterr().out
    assert "search" in examined(capsys)["ok"]
    assert found("ketch") == {other.pk}
    assert found("something") == {row.pk}
    drop_table()
    assert "search" in examined(capsys)["wrong"]


def examined(capsys):
    """Return the parts that the doctor marks so, by mark."""
    with suppress(SystemExit):
        call_command("doctor")
    marks = {"ok": [], "note": [], "wrong": []}
    for line in capsys.readouterr().out.splitlines():
        mark, _, rest = line.strip().partition(" ")
        marks.setdefault(mark.lower(), []).append(rest.strip().split(":")[0])
    return marks


def test_a_gap_is_filled_from_the_newest_on_in_pieces(alice, monkeypatch):
    rows = [make_description(alice, f"word{number}") for number in range(7)]
    monkeypatch.setattr(index, "PIECE", 3)
    index.start_over()
    assert index.catch_up(0) == 0
    assert index.lacking() == rows[-1].pk + 1
    assert index.catch_up(60) == 7
    assert found("word0") == {rows[0].pk}
    assert not SearchGap.objects.exists()


def test_what_another_version_asked_is_noticed(alice):
    rows = [make_description(alice, "A ketch.") for _ in range(3)]
    index.write(rows[:1])
    index.look_for_missing()
    index.catch_up(60)
    assert found("ketch") == {row.pk for row in rows}


def test_an_index_that_refuses_an_entry_costs_nothing_else(row, alice):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TABLE describer_search_data")
        else:
            cursor.execute("ALTER TABLE describer_search ADD CONSTRAINT nothing CHECK (rowid < 0) NOT VALID")
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "pier.jpg")
    (other,) = submit(Ask(owner=alice, question="Which pier?", pictures=[AskImage(image, "pier.jpg")]))
    assert Description.objects.filter(pk=other.pk).exists()
    assert index.trouble.lasts
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE describer_search DROP CONSTRAINT nothing")
    index.trouble.until = 0
    index.catch_up(60)
    assert found("pier") == {other.pk}
