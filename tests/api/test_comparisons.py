"""Comparisons by scripts: made together or not at all, read side by side, judged."""

import json

import pytest
from django.utils import timezone

from describer.models import ApiKey, Comparison, Description, Image, Preset, Tag
from tests.api.conftest import ROUTE, Script, picture, script_of
from tests.rows import make_description

COMPARISONS = "/api/comparisons"
SIZES = ({"long_side": 512}, {"long_side": 1024})


def compare(script, *variants, status=202, headers=None, **fields):
    given = {"question": "What is this?", "image": picture(), **fields}
    given = {name: value for name, value in given.items() if value is not None}
    texts = [one if isinstance(one, str) else json.dumps(one) for one in variants]
    reply = script.call("post", COMPARISONS, {**given, "variant": texts}, headers=headers or {})
    assert reply.status_code == status, reply.content
    return reply.json()


def judged(script, number, status=200, **body):
    reply = script.call("patch", f"{COMPARISONS}/{number}", json.dumps(body), content_type="application/json")
    assert reply.status_code == status, reply.content
    return reply.json()


def test_each_variant_is_a_description_of_the_same_pictures_in_their_order(script, alice):
    made = compare(
        script,
        {"model": "sandbox"},
        {"parameters": {"temperature": 0.2}, "long_side": 512},
        {},
        image=[picture(), picture("dog.png", "blue")],
        max_tokens="50",
    )
    assert set(made) == {"id", "items"}
    items = made["items"]
    assert [one["comparison"] for one in items] == [{"id": made["id"], "variant": n} for n in range(3)]
    assert [one["parameters"] for one in items] == [
        {"max_tokens": 50},
        {"max_tokens": 50, "temperature": 0.2},
        {"max_tokens": 50},
    ]
    assert {one["question"] for one in items} == {"What is this?"}
    assert len({tuple(image["id"] for image in one["images"]) for one in items}) == 1
    assert all(len(one["images"]) == 2 for one in items)
    rows = Description.objects.order_by("variant")
    assert [row.long_side for row in rows] == [None, 512, None]
    assert len({row.turn for row in rows}) == 3
    told = script.get(f"{COMPARISONS}/{made['id']}").json()
    assert [one["id"] for one in told["items"]] == [one["id"] for one in items]
    assert (told["winner"], told["judged_at"]) == (None, None)
    assert [one["long_side"] for one in told["variants"]] == [None, 512, None]
    assert script.get(f"{ROUTE}/{items[1]['id']}").json()["comparison"]["variant"] == 1


def test_a_description_that_was_asked_alone_is_in_no_comparison(script):
    assert script.post().json()["comparison"] is None


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ([], "2 to 4"),
        ([{}], "2 to 4"),
        ([{}] * 5, "2 to 4"),
        ([{}, "{"], "Variant 2"),
        ([{}, "[]"], "Variant 2"),
        ([{}, "9" * 5000], "Variant 2"),
        ([{}, {"question": "What?"}], "Variant 2"),
        ([{"model": 7}, {}], "Variant 1"),
        ([{}, {"model": "x" * 201}], "Variant 2"),
        ([{}, {"preset": "never"}], "Variant 2"),
        ([{}, {"parameters": []}], "Variant 2"),
        ([{}, {"parameters": {"temprature": 1}}], "Variant 2"),
        ([{}, {"parameters": {"temperature": 9}}], "Variant 2"),
        ([{}, {"parameters": {"temperature": "hot"}}], "Variant 2"),
        ([{}, {"long_side": 63}], "Variant 2"),
        ([{}, {"long_side": 2001}], "Variant 2"),
        ([{}, {"long_side": True}], "Variant 2"),
        ([{}, {"long_side": "512"}], "Variant 2"),
    ],
)
def test_a_variant_that_cannot_be_asked_is_named_and_nothing_is_made(script, variants, words):
    status = 404 if {"preset": "never"} in variants else 400
    error = compare(script, *variants, status=status)["error"]
    assert (error["param"], words in error["message"]) == ("variant", True), error
    assert not Description.objects.exists() and not Comparison.objects.exists()


def test_what_is_wrong_for_all_is_said_as_with_an_ask(script):
    assert compare(script, *SIZES, status=400, question="")["error"]["param"] == "question"
    assert compare(script, *SIZES, status=400, image=None)["error"]["param"] == "image"
    assert not Image.objects.exists()
    reply = script.call("post", COMPARISONS, "{}", content_type="application/json")
    assert reply.status_code == 415


def test_a_size_is_bounded_by_what_the_endpoint_is_sent(script, sandbox):
    sandbox.settings = {"long_side": 800}
    sandbox.save()
    assert "to 800" in compare(script, *SIZES, status=400)["error"]["message"]


def test_an_endpoint_that_fetches_links_by_itself_is_sent_no_sizes_of_them(script, sandbox):
    link = {"image": None, "image_url": "https://pictures.example/a.jpg"}
    assert compare(script, *SIZES, **link)
    sandbox.settings = {"send_links": True}
    sandbox.save()
    assert "needs files" in compare(script, *SIZES, status=400, **link)["error"]["message"]
    assert compare(script, {}, {}, **link) and compare(script, *SIZES)


def test_one_key_is_one_comparison(script):
    named = {"Idempotency-Key": "sizes"}
    first = compare(script, *SIZES, headers=named)
    assert compare(script, *SIZES, headers=named) == first
    for other in ((*SIZES, {}), SIZES[::-1]):
        error = compare(script, *other, headers=named, status=422)["error"]
        assert error["code"] == "idempotency_key_reused"
    assert script.post({"Idempotency-Key": "sizes"}).status_code == 422
    assert (Comparison.objects.count(), Description.objects.count()) == (1, 2)


def test_each_variant_counts_for_its_key(sandbox, alice):
    key, secret = ApiKey.issue(alice, "three", asks_per_minute=3)
    script = Script(script_of(alice).client, alice, key, secret)
    made = compare(script, *SIZES)
    assert len(made["items"]) == 2
    assert compare(script, *SIZES, status=429)["error"]["code"] == "rate_limit_exceeded"
    key.refresh_from_db()
    assert (key.minute_asks, Description.objects.count()) == (2, 2)
    key.asks_per_minute, key.minute = 3, timezone.now().replace(second=0, microsecond=0)
    assert compare(script, {}, {}, {}, {}, status=429)


def test_a_key_that_is_limited_to_models_compares_no_other(sandbox, alice):
    key, secret = ApiKey.issue(alice, "one", model_names=["sandbox"], asks_per_minute=9)
    script = Script(script_of(alice).client, alice, key, secret)
    error = compare(script, {}, {"model": "other"}, status=403)["error"]
    assert (error["param"], "Variant 2" in error["message"]) == ("variant", True)
    key.refresh_from_db()
    assert key.minute_asks == 0


def test_presets_of_variants_bring_a_question_where_none_is_given(script, alice):
    for name in ("colours", "boats"):
        Preset.objects.create(
            owner=alice, name=name, label=name, question=f"Which {name}?", parameters={"temperature": 0.5}
        )
    variants = ({"preset": "colours"}, {"preset": "boats", "parameters": {"temperature": 0}})
    items = compare(script, *variants, question=None)["items"]
    assert [one["question"] for one in items] == ["Which colours?", "Which boats?"]
    assert [one["preset"] for one in items] == ["colours", "boats"]
    assert [one["parameters"] for one in items] == [{"temperature": 0.5}, {"temperature": 0}]
    items = compare(script, *variants, question="What is it?")["items"]
    assert {one["question"] for one in items} == {"What is it?"}
    items = compare(script, *variants[1:], {}, question=None, preset="colours")["items"]
    assert [one["question"] for one in items] == ["Which boats?", "Which colours?"]
    assert compare(script, *variants[1:], {}, question=None, status=400)["error"]["param"] == "question"


def test_a_winner_is_picked_and_none_of_them_is_not_the_same_as_not_judged(script):
    made = compare(script, *SIZES)
    told = judged(script, made["id"], winner=1)
    assert (told["winner"], bool(told["judged_at"])) == (1, True)
    told = judged(script, made["id"], winner=None)
    assert (told["winner"], bool(told["judged_at"])) == (None, True)
    for wrong in (2, -1):
        assert judged(script, made["id"], 400, winner=wrong)["error"]["param"] == "winner"
    assert judged(script, made["id"], 400)["error"]


def test_another_person_and_another_key_see_nothing(script, stranger, alice):
    made = compare(script, *SIZES)
    for caller in (stranger, _asking(alice)):
        assert judged(caller, made["id"], 404, winner=0)
    assert stranger.get(f"{COMPARISONS}/{made['id']}").status_code == 404
    assert script.get(f"{COMPARISONS}/987654").status_code == 404


def _asking(alice):
    key, secret = ApiKey.issue(alice, "asks", scopes=["ask"])
    return Script(script_of(alice).client, alice, key, secret)


def test_a_comparison_goes_with_the_last_of_its_descriptions(script):
    made = compare(script, *SIZES)
    first, second = (one["id"] for one in made["items"])
    script.call("delete", f"{ROUTE}/{first}?for_good=1")
    told = script.get(f"{COMPARISONS}/{made['id']}").json()
    assert [one["comparison"]["variant"] for one in told["items"]] == [1]
    script.call("delete", f"{ROUTE}/{second}?for_good=1")
    assert not Comparison.objects.exists()
    compare(script, *SIZES)
    Description.objects.all().delete()
    assert not Comparison.objects.exists()


def test_a_key_of_a_comparison_that_is_gone_in_part_gives_what_is_left(script):
    named = {"Idempotency-Key": "sizes"}
    made = compare(script, *SIZES, headers=named)
    script.call("delete", f"{ROUTE}/{made['items'][0]['id']}?for_good=1")
    again = compare(script, *SIZES, headers=named)
    assert (again["id"], [one["comparison"]["variant"] for one in again["items"]]) == (made["id"], [1])


def test_tags_are_those_of_each_variant_and_of_the_key(script, alice):
    named = {"Idempotency-Key": "sizes"}
    made = compare(script, *SIZES, tags=["Harbour", "dawn"], headers=named)
    assert [one["tags"] for one in made["items"]] == [["dawn", "Harbour"]] * 2
    assert compare(script, *SIZES, tags=["Harbour", "dawn"], headers=named) == made
    error = compare(script, *SIZES, tags=["boat"], headers=named, status=422)["error"]
    assert error["code"] == "idempotency_key_reused"
    Preset.objects.create(owner=alice, name="tagged", label="Tagged", question="Is this {tags}?")
    items = compare(script, {"preset": "tagged"}, {}, tags=["pier"])["items"]
    assert [one["question"] for one in items] == ["What is this?"] * 2
    items = compare(script, *SIZES, preset="tagged", question=None, tags=["pier"])["items"]
    assert [one["question"] for one in items] == ["Is this pier?"] * 2


def test_a_tag_that_is_none_is_refused_before_anything_is_made(script):
    assert compare(script, *SIZES, tags=["a, b"], status=400)["error"]["param"] == "tags"
    assert not (Comparison.objects.exists() or Tag.objects.exists() or Image.objects.exists())


def test_a_comparison_goes_on_from_no_answer(script, alice):
    first = make_description(alice, "A pier.")
    error = compare(script, *SIZES, follows=first.pk, status=400)["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "follows")
    assert "follows" in error["message"] and not Comparison.objects.exists()
    assert len(compare(script, *SIZES, follows=" ")["items"]) == 2


def test_what_is_in_the_trash_is_not_compared_and_all_of_it_there_is_404_until_it_is_restored(script):
    made = compare(script, *SIZES)
    path = f"{COMPARISONS}/{made['id']}"
    first, second = (f"{ROUTE}/{one['id']}" for one in made["items"])
    assert script.call("delete", first).status_code == 204
    assert [one["comparison"]["variant"] for one in script.get(path).json()["items"]] == [1]
    assert script.call("delete", second).status_code == 204
    assert script.get(path).status_code == 404
    assert judged(script, made["id"], 404, winner=0)
    assert Comparison.objects.get().judged is None
    assert script.call("post", f"{first}/restore", {}).status_code == 200
    assert [one["comparison"]["variant"] for one in judged(script, made["id"], winner=1)["items"]] == [0]
    script.call("delete", f"{first}?for_good=1")
    assert Comparison.objects.exists(), "the other one can still be restored"
    script.call("delete", f"{second}?for_good=1")
    assert not Comparison.objects.exists()
