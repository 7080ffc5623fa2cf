"""Follow-ups and tags as scripts ask for them."""

import csv
import io
import json

import pytest

from describer.engine.pipeline import run_next
from describer.models import ApiKey, Description, Scope, Status, Tag
from tests.api.conftest import ROUTE, picture
from tests.rows import make_description


def told(reply, status=202):
    assert reply.status_code == status, reply.content
    return reply.json()


@pytest.fixture
def first(alice, sandbox):
    parameters = {"temperature": 0.2, "max_tokens": 300, "stop": ["END"]}
    return make_description(
        alice, "A pier.", model="sandbox-1", system_prompt="Be brief.", parameters=parameters
    )


def test_a_follow_up_needs_no_picture_and_takes_over_what_is_not_given(script, first):
    born = told(script.post(question="How many boats?", image=None, follows=first.pk, temperature="1"))
    assert (born["follows"], born["root"], born["images"]) == (first.pk, first.pk, [])
    assert (born["system_prompt"], born["model"]) == ("Be brief.", "sandbox-1")
    assert born["parameters"] == {"temperature": 1, "max_tokens": 300, "stop": ["END"]}
    bare = told(
        script.post(question="Why?", image=None, follows=first.pk, max_tokens="", stop="", system_prompt="")
    )
    assert (bare["system_prompt"], bare["parameters"]) == ("", {"temperature": 0.2})
    alone = script.get(f"{ROUTE}/{first.pk}").json()
    assert (alone["follows"], alone["root"]) == (None, first.pk)


def test_a_follow_up_may_bring_a_picture_and_each_of_a_set_follows_the_same(script, first):
    born = told(script.post(follows=first.pk))
    assert [image["name"] for image in born["images"]] == ["cat.png"]
    fields = {"question": "And here?", "follows": first.pk, "image": [picture(), picture(colour="blue")]}
    items = told(script.call("post", f"{ROUTE}/each", fields))["items"]
    assert [one["follows"] for one in items] == [first.pk, first.pk]
    none = told(script.call("post", f"{ROUTE}/each", {"question": "Why?", "follows": first.pk}))["items"]
    assert len(none) == 1


def test_d6_what_cannot_be_followed_is_said_and_nothing_is_made(script, stranger, alice, first):
    waiting, failed = make_description(alice), make_description(alice, status="failed")
    known = Description.objects.count()
    for row in (waiting, failed):
        error = told(script.post(image=None, follows=row.pk), 400)["error"]
        assert (error["code"], error["param"]) == ("invalid_value", "follows")
    missing = told(script.post(image=None, follows=10**9), 404)
    assert told(stranger.post(image=None, follows=first.pk), 404) == missing
    assert told(script.post(image=None, follows="first"), 400)["error"]["param"] == "follows"
    assert told(script.post(image=None, follows=first.pk, question=" "), 400)["error"]["param"] == "question"
    assert Description.objects.count() == known


def test_d6_a_key_that_may_not_read_follows_what_was_asked_with_it_alone(script, alice, first):
    narrow, secret = ApiKey.issue(alice, "narrow", scopes=[Scope.ASK])
    script.secret = secret
    assert told(script.post(image=None, follows=first.pk), 404)
    Description.objects.filter(pk=first.pk).update(key=narrow)
    assert told(script.post(image=None, follows=first.pk))["follows"] == first.pk


def test_one_key_is_one_follow_up_and_another_with_it_is_refused(script, first):
    other = make_description(first.owner, "A boat.")
    headers = {"Idempotency-Key": "one"}
    born = told(script.post(headers, image=None, follows=first.pk, tags=["pier"]))
    again = told(script.post(headers, image=None, follows=first.pk, tags=["pier"]))
    assert (again["id"], again["tags"]) == (born["id"], ["pier"])
    for changed in ({"follows": other.pk, "tags": ["pier"]}, {"follows": first.pk, "tags": ["boat"]}):
        assert (
            told(script.post(headers, image=None, **changed), 422)["error"]["code"]
            == "idempotency_key_reused"
        )


def test_again_follows_the_same_answer(script, first):
    born = told(script.post(image=None, follows=first.pk))
    again = told(script.call("post", f"{ROUTE}/{born['id']}/again"))
    assert (again["follows"], again["root"], again["question"]) == (first.pk, first.pk, born["question"])


def test_lists_and_exports_hold_follows_and_root(script, first):
    born = told(script.post(image=None, follows=first.pk))
    listed = script.get(ROUTE).json()["items"][0]
    assert (listed["follows"], listed["root"]) == (first.pk, first.pk)
    line = json.loads(b"".join(script.get(f"{ROUTE}.jsonl").streaming_content).splitlines()[0])
    assert (line["id"], line["root"]) == (born["id"], first.pk)
    table = b"".join(script.get(f"{ROUTE}.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [(row["follows"], row["root"]) for row in rows] == [(str(first.pk),) * 2, ("", str(first.pk))]


def test_the_sandbox_answers_a_follow_up_about_the_picture_of_its_conversation(script):
    first = told(script.post(image=picture(size=(64, 48))))
    assert run_next()
    born = told(script.post(image=None, follows=first["id"], question="How wide is it?"))
    assert run_next()
    row = script.get(f"{ROUTE}/{born['id']}").json()
    assert row["status"] == Status.DONE
    for expected in ("How wide is it?", "64", "one earlier answer"):
        assert expected in row["answer"]


def test_tags_are_given_with_the_ask_as_fields_or_as_a_list(script):
    born = told(script.post(tags=["Harbour", " boat  show ", "HARBOUR", ""]))
    assert born["tags"] == ["boat show", "Harbour"]
    listed = told(script.post(tags='["harbour", "night"]', image=picture(colour="blue")))
    assert listed["tags"] == ["Harbour", "night"]
    assert told(script.post(tags="[sic]"))["tags"] == ["[sic]"]
    assert [one["id"] for one in script.get(ROUTE, tag="harbour").json()["items"]] == [
        listed["id"],
        born["id"],
    ]
    fields = {"question": "What?", "image": [picture(), picture(colour="blue")], "tags": ["set"]}
    items = told(script.call("post", f"{ROUTE}/each", fields))["items"]
    assert [one["tags"] for one in items] == [["set"], ["set"]]


@pytest.mark.parametrize("tags", [["x" * 61], ["a, b"], [str(number) for number in range(51)]])
def test_a_tag_that_is_none_is_refused_before_anything_is_made(script, tags):
    assert told(script.post(tags=tags), 400)["error"]["param"] == "tags"
    assert not (Description.objects.exists() or Tag.objects.exists() or script.user.images.exists())


def test_tags_fill_their_variable(script, presets, alice):
    made = {"label": "Tagged", "question": "Is this {tags}?"}
    told(script.call("post", "/api/presets", json.dumps(made), content_type="application/json"), 201)
    born = told(script.post(question=None, preset="tagged", tags=["pier", "dawn"]))
    assert born["question"] == "Is this pier, dawn?"


def test_a_presets_words_about_the_picture_are_filled_by_the_conversations(script, presets, first):
    made = {"label": "Width", "question": "Is {file_name} {width} wide?"}
    told(script.call("post", "/api/presets", json.dumps(made), content_type="application/json"), 201)
    born = told(script.post(question=None, image=None, preset="width", follows=first.pk))
    assert born["question"] == "Is boat.jpg 4032 wide?"


def test_d6_nothing_goes_on_from_the_trash(script, alice, first):
    second = make_description(alice, "Two.", follows=first, root=first.pk)
    assert script.call("delete", f"{ROUTE}/{first.pk}").status_code == 204
    assert told(script.post(image=None, follows=first.pk), 409)["error"]["code"] == "trashed"
    error = told(script.post(image=None, follows=second.pk), 400)["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "follows")
    assert script.call("post", f"{ROUTE}/{first.pk}/restore", {}).status_code == 200
    told(script.post(image=None, follows=second.pk))
