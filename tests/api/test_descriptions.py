"""POST, GET and list of descriptions: from a script's call to the row and back."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.models import ApiKey, Attempt, Choice, Description, Image
from tests.api.conftest import ROUTE, picture
from tests.rows import make_attempt, make_description

FIELDS = [
    "id",
    "status",
    "error",
    "via",
    "question",
    "system_prompt",
    "model",
    "parameters",
    "images",
    "choices",
    "usage",
    "cost",
    "attempts",
    "created_at",
    "started_at",
    "finished_at",
]


def test_post_answers_202_with_the_queued_description(script):
    reply = script.post(system_prompt="Be short.")
    body = reply.json()
    assert reply.status_code == 202
    assert set(FIELDS) <= set(body)
    assert (body["status"], body["via"], body["model"]) == ("queued", "api", "sandbox")
    assert (body["question"], body["system_prompt"]) == ("What is this?", "Be short.")
    assert [body[name] for name in ("usage", "error", "cost", "started_at", "finished_at")] == [None] * 5
    assert (body["choices"], body["attempts"]) == ([], [])
    assert reply["Location"] == f"{ROUTE}/{body['id']}"


def test_post_writes_who_asked_and_with_which_key(script):
    row = Description.objects.get(pk=script.post().json()["id"])
    assert (row.owner, row.key, row.via) == (script.user, script.key, "api")


def test_u61_several_images_are_one_ask_about_all_in_their_order(script):
    pictures = [picture(f"{colour}.png", colour) for colour in ("blue", "red", "green")]
    body = script.post(image=pictures).json()
    assert [image["name"] for image in body["images"]] == ["blue.png", "red.png", "green.png"]
    assert Description.objects.count() == 1
    first = Image.objects.get(pk=body["images"][0]["id"])
    known = {"width": 64, "height": 48, "bytes": first.bytes, "sha256": first.sha256, "notes": []}
    assert body["images"][0] == {"id": first.pk, "name": "blue.png"} | known


def test_parameters_keep_the_value_and_type_they_have_in_json(script):
    body = script.post(temperature="0.2", top_p="0", n="3", seed="-5", logit_bias='{"50256": -100}').json()
    assert body["parameters"] == {
        "temperature": 0.2,
        "top_p": 0,
        "n": 3,
        "seed": -5,
        "logit_bias": {"50256": -100},
    }


@pytest.mark.parametrize(
    ("stop", "expected"),
    [("END", "END"), (["END", "STOP"], ["END", "STOP"]), ('["a", "b"]', ["a", "b"]), ("[", "[")],
)
def test_stop_is_one_text_a_json_list_or_the_field_repeated(script, stop, expected):
    assert script.post(stop=stop).json()["parameters"] == {"stop": expected}


def test_empty_parameters_are_not_set(script):
    assert script.post(temperature="", stop="", model="", tools="").json()["parameters"] == {}


def test_o7_stream_is_accepted_without_effect(script):
    reply = script.post(stream="true")
    assert (reply.status_code, reply["Content-Type"]) == (202, "application/json; charset=utf-8")


def test_x27_fields_that_are_no_parameter_are_ignored(script, stranger):
    extra = {
        "id": "77",
        "status": "done",
        "usage": "{}",
        "cost": "9",
        "owner": "bob",
        "via": "page",
        "lane": "1",
    }
    row = Description.objects.get(pk=script.post(**extra).json()["id"])
    assert (row.status, row.owner, row.via, row.lane) == ("queued", script.user, "api", 0)
    assert row.parameters == {}


def test_the_same_idempotency_key_and_content_give_the_same_description(script):
    first = script.post(headers={"Idempotency-Key": "one"})
    second = script.post(headers={"Idempotency-Key": "one"})
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert Description.objects.count() == 1


def test_the_same_idempotency_key_with_other_content_is_refused(script):
    script.post(headers={"Idempotency-Key": "one"})
    reply = script.post(headers={"Idempotency-Key": "one"}, question="And now?")
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Description.objects.count() == 1


def test_an_idempotency_key_is_its_owners_own(script, stranger):
    mine = script.post(headers={"Idempotency-Key": "one"}).json()
    theirs = stranger.post(headers={"Idempotency-Key": "one"}).json()
    assert mine["id"] != theirs["id"]


def test_a_slash_at_the_end_is_served_and_never_redirected(script):
    posted = script.call("post", f"{ROUTE}/", {"question": "What?", "image": picture()})
    assert posted.status_code == 202
    number = posted.json()["id"]
    paths = (ROUTE, f"{ROUTE}/", f"{ROUTE}/{number}", f"{ROUTE}/{number}/")
    assert [script.get(path).status_code for path in paths] == [200] * 4


def test_head_is_answered_as_get(script):
    assert script.call("head", ROUTE).status_code == 200


@pytest.fixture
def answered(script) -> Description:
    """A description that was refused once and then answered."""
    row = make_description(script.user, status="done", parameters={"n": 1})
    Choice.objects.create(description=row, index=0, content="A cat.", finish_reason="stop")
    costs = {"cost": Decimal("0.0012300000"), "billed": "yes"}
    make_attempt(
        row, state="refused", http_status=503, error_code="overloaded", error_message="Busy.", billed="no"
    )
    make_attempt(
        row,
        state="answered",
        prompt_tokens=9,
        completion_tokens=12,
        total_tokens=21,
        http_status=200,
        **costs,
    )
    return row


def test_an_answered_description_has_choices_usage_cost_and_attempts(script, answered):
    body = script.get(f"{ROUTE}/{answered.pk}").json()
    choice = body["choices"][0]
    assert [choice[name] for name in ("index", "content", "refusal", "finish_reason", "tool_calls")] == [
        *(0, "A cat.", None, "stop", None)
    ]
    counts = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    assert body["usage"] == counts | {"estimated": False}
    assert body["cost"] == "0.00123"
    refused, paid = body["attempts"]
    assert (refused["number"], refused["state"], refused["billed"]) == (1, "refused", "no")
    assert refused["error"] == {"code": "overloaded", "message": "Busy."}
    assert (refused["usage"], refused["cost"]) == (None, None)
    assert (paid["usage"], paid["cost"], paid["error"]) == (counts, "0.00123", None)
    assert body["error"] is None


def test_times_are_iso_in_utc(script, answered):
    body = script.get(f"{ROUTE}/{answered.pk}").json()
    for text in (body["created_at"], body["attempts"][0]["sent_at"]):
        assert text.endswith("Z")
        assert datetime.fromisoformat(text).utcoffset() == timedelta(0)


def test_i1_usage_that_was_not_reported_is_an_estimate_and_says_so(script):
    row = make_description(script.user, status="done")
    estimate = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}
    make_attempt(row, state="answered", endpoint="main", estimated_usage=estimate)
    body = script.get(f"{ROUTE}/{row.pk}").json()
    assert body["usage"] == estimate | {"estimated": True}
    assert (body["attempts"][0]["usage"], body["cost"]) == (None, None)


def test_a_failed_description_says_why(script):
    row = make_description(script.user, status="failed", error_code="timeout", error_message="Too slow.")
    assert script.get(f"{ROUTE}/{row.pk}").json()["error"] == {"code": "timeout", "message": "Too slow."}


def test_before_the_end_usage_error_and_cost_are_null(script, answered):
    Description.objects.filter(pk=answered.pk).update(
        status="waiting", waiting_reason="Busy.", error_code="x"
    )
    body = script.get(f"{ROUTE}/{answered.pk}").json()
    assert [body[name] for name in ("usage", "error", "cost")] == [None] * 3
    assert body["waiting"] == {"reason": "Busy.", "until": None}
    assert len(body["attempts"]) == 2


def test_a_list_and_a_get_give_the_same_json(script, answered):
    assert script.get(ROUTE).json()["items"] == [script.get(f"{ROUTE}/{answered.pk}").json()]


def test_e40_the_list_is_newest_first_and_goes_on_by_its_cursor(script):
    numbers = [make_description(script.user).pk for _ in range(7)]
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = script.get(ROUTE, limit=3, cursor=cursor).json()
        seen += [item["id"] for item in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (sorted(numbers, reverse=True), 3)


def test_e40_a_row_born_between_two_pages_moves_nothing(script):
    numbers = [make_description(script.user).pk for _ in range(4)]
    first = script.get(ROUTE, limit=2).json()
    make_description(script.user)
    second = script.get(ROUTE, limit=2, cursor=first["next"]).json()
    assert [item["id"] for item in second["items"]] == [numbers[1], numbers[0]]


def test_e40_twenty_are_listed_by_default(script):
    for _ in range(21):
        make_description(script.user)
    assert len(script.get(ROUTE).json()["items"]) == 20


def test_x2_anothers_description_is_like_one_that_never_was(script, stranger):
    theirs = script.post().json()["id"]
    another = stranger.get(f"{ROUTE}/{theirs}")
    never = stranger.get(f"{ROUTE}/{theirs + 1}")
    assert another.status_code == never.status_code == 404
    assert another.content == never.content


def test_an_admin_gets_anybodys_description(script, admin_script):
    assert admin_script.get(f"{ROUTE}/{make_description(script.user).pk}").status_code == 200


METHODS = ["get", "post", "put", "patch", "delete", "options", "trace"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("what", ["", "/cancel", "/again"])
def test_x4_no_method_does_anything_to_anothers_description(script, stranger, method, what):
    row = make_description(script.user)
    before = list(Description.objects.values())
    assert stranger.call(method, f"{ROUTE}/{row.pk}{what}").status_code == 404
    assert list(Description.objects.values()) == before


@pytest.mark.parametrize(
    ("what", "allowed"),
    [("", "DELETE, GET, HEAD, PATCH"), ("/cancel", "POST"), ("/cancel/", "POST"), ("/again", "POST")],
)
def test_a_method_that_does_nothing_to_ones_own_says_which_do(script, what, allowed):
    row = make_description(script.user)
    for method in set(METHODS) - set(allowed.lower().split(", ")):
        reply = script.call(method, f"{ROUTE}/{row.pk}{what}")
        assert (reply.status_code, reply["Allow"]) == (405, allowed)
    assert Description.objects.get().status == "queued"


def test_get_changes_nothing(script, answered):
    script.get(ROUTE)
    before = [list(model.objects.values()) for model in (Description, Attempt, Choice, ApiKey)]
    script.get(ROUTE)
    script.get(f"{ROUTE}/{answered.pk}")
    assert [list(model.objects.values()) for model in (Description, Attempt, Choice, ApiKey)] == before


def rich(owner) -> None:
    """A description with a picture, a choice and an attempt."""
    row = make_description(owner, status="done")
    Choice.objects.create(description=row, index=0, content="A cat.")
    make_attempt(row, state="answered", total_tokens=3)


def test_a_list_of_many_takes_no_more_queries_than_one_of_few(script):
    counts = []
    for many in (1, 49):
        for _ in range(many):
            rich(script.user)
        script.get(ROUTE)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            script.get(ROUTE, limit=100)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7
