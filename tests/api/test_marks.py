"""Tags, favourites, and the answer that counts: marked, listed, told."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from describer.desk.marks import mark
from describer.models import Description, Tag
from describer.models.tag import folded
from tests.api.conftest import ROUTE, script_of
from tests.rows import make_description


def marked(script, row, status=200, **body):
    reply = script.call("patch", f"{ROUTE}/{row.pk}", json.dumps(body), content_type="application/json")
    assert reply.status_code == status, reply.content
    return reply.json()


def ids(script, **query):
    return [one["id"] for one in script.get(ROUTE, **query).json()["items"]]


def test_tags_are_given_listed_by_and_taken_away(script, alice):
    rows = [make_description(alice, "A boat.") for _ in range(3)]
    assert marked(script, rows[0], tags=["Harbour", " boat  show ", "HARBOUR", ""])["tags"] == [
        "boat show",
        "Harbour",
    ]
    marked(script, rows[1], tags=["harbour"])
    assert ids(script, tag="ＨＡＲＢＯＵＲ") == [rows[1].pk, rows[0].pk]
    assert script.get(f"{ROUTE}/{rows[1].pk}").json()["tags"] == ["Harbour"], "one word is spelt one way"
    assert marked(script, rows[0], tags=["boat show"])["tags"] == ["boat show"]
    assert ids(script, tag="harbour") == [rows[1].pk]
    marked(script, rows[1], tags=[])
    assert list(Tag.objects.values_list("name", flat=True)) == ["boat show"]


def test_favourites_and_presets_narrow_a_list_in_any_mix(script, alice):
    one = make_description(alice, "A boat.", preset="alt-text")
    two = make_description(alice, "A boat.", preset="alt-text", status="failed")
    three = make_description(alice, "A boat.")
    for row in (one, three):
        assert marked(script, row, favourite=True)["favourite"] is True
    assert ids(script, favourite=1) == [three.pk, one.pk]
    assert ids(script, preset="alt-text") == [two.pk, one.pk]
    assert ids(script, preset="alt-text", favourite=1, status="done") == [one.pk]
    assert marked(script, one, favourite=False)["favourite"] is False
    assert ids(script, favourite=1) == [three.pk]


def test_the_answer_that_counts_is_told_and_exported(script, alice):
    row = make_description(alice, "One.", "Two.", parameters={"n": 2})
    assert script.get(f"{ROUTE}/{row.pk}").json()["answer"] == "One."
    changed = marked(script, row, kept=1)
    assert (changed["kept"], changed["answer"]) == (1, "Two.")
    table = b"".join(script.get(f"{ROUTE}.csv").streaming_content).decode()
    assert '"Two."' in table and '["One."]' in table.replace('""', '"')
    assert marked(script, row, 400, kept=2)["error"]["param"] == "kept"


@pytest.mark.parametrize(
    "tags", [["x" * 61], ["\ufdfa" * 9], ["a, b"], [str(number) for number in range(51)]]
)
def test_too_much_of_a_tag_is_refused_and_nothing_changes(script, alice, tags):
    row = make_description(alice, "A boat.")
    marked(script, row, tags=["kept"])
    assert marked(script, row, 400, tags=tags, favourite=True)["error"]["param"] == "tags"
    assert (script.get(f"{ROUTE}/{row.pk}").json()["tags"], ids(script, favourite=1)) == (["kept"], [])


def test_a_stranger_marks_nothing_and_finds_no_word_of_others(script, alice, bob):
    row = make_description(alice, "A boat.")
    marked(script, row, tags=["secret"])
    his = script_of(bob)
    assert marked(his, row, 404, tags=["mine"])
    assert ids(his, tag="secret") == []


def test_words_are_compared_without_case_width_and_blanks():
    assert folded("  Straße\t ＢＯＡＴ ") == "strasse boat"


def test_d1_two_tabs_change_what_they_name_and_nothing_else(script, alice, client):
    row = make_description(alice, "A boat.", "A ship.")
    client.force_login(alice)
    address = f"/descriptions/{row.pk}/marks/"
    tabs = [{"favourite": "1"}, {"tags": "harbour, boats"}, {"kept": "1"}, {"tags": "ships"}]
    for form in tabs:  # each page was opened before any of these was sent
        assert client.post(address, form).status_code == 302
    told = script.get(f"{ROUTE}/{row.pk}").json()
    assert (told["favourite"], told["tags"], told["kept"]) == (True, ["ships"], 1)
    marked(script, row, favourite=False)
    told = marked(script, row, tags=["harbour"])
    assert (told["favourite"], told["tags"], told["kept"]) == (False, ["harbour"], 1)


@pytest.mark.django_db(transaction=True)
def test_d1_at_the_same_moment_too(script, alice):
    row = make_description(alice, "A boat.", "A ship.")
    changes = [{"favourite": True}, {"tags": ["harbour"]}, {"kept": 1}]

    def change(fields):
        mark(Description.objects.get(pk=row.pk), **fields)
        connection.close()

    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            list(pool.map(change, changes))
    told = script.get(f"{ROUTE}/{row.pk}").json()
    assert (told["favourite"], told["tags"], told["kept"]) == (True, ["harbour"], 1)
