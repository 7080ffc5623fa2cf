"""One card: a description's state in words, its answer, and what is to be known about it."""

import pytest

from describer.models import ApiKey, Description, Image
from tests.rows import boat, make_description
from tests.web.forms import HX, ask, picture, text_of, upload

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def site(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


STATES = [
    ({"status": "queued"}, "Queued, next in line."),
    ({"status": "running", "model": "vision-2"}, "Asking vision-2"),
    ({"status": "waiting", "waiting_reason": "Slow down. Next try at 14:05:20."}, "Waiting. Slow down. Next try at 14:05:20."),
    ({"status": "failed", "error_code": "bad_key", "error_message": "The key was refused."}, "The key was refused. bad_key"),
    ({"status": "failed"}, "Something went wrong."),
    ({"status": "cancelled"}, "Cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "words"), STATES)
def test_every_state_has_words(site, alice, state, words):
    row = make_description(alice, pictures=boat(alice), **state)

    assert words in text_of(site.get(f"/descriptions/{row.pk}/card/"))


ANSWERS = [
    ({"content": "A dog", "finish_reason": "length"}, {"max_tokens": 300}, "Cut off at 300 tokens."),
    ({"content": "A dog", "finish_reason": "MAX_TOKENS"}, {}, "Cut off by the model's own limit."),
    ({"content": "A", "finish_reason": "content_filter"}, {}, "Part of this answer was filtered away"),
    ({"refusal": "I will not.", "finish_reason": "stop"}, {}, "The model declined: I will not."),
    ({"content": "A dog"}, {"n": 3}, "Asked for 3 answers, got 1."),
    ({"content": "A dog"}, {"response_format": {"type": "json_object"}}, "not the JSON that was asked for"),
    ({"content": "[1]"}, {"response_format": {"type": "json_schema"}}, "Whether it fits the schema is not"),
    ({"content": "A dog"}, {"response_format": {"type": "json_schema"}}, "not the JSON that was asked for"),
    (
        {"tool_calls": [{"function": {"name": "report", "arguments": '{"a": 1}'}}]},
        {},
        'Tool report { "a": 1 }',
    ),
    ({"content": "A dog", "reasoning": "Four legs."}, {}, "What it thought Four legs."),
]


@pytest.mark.parametrize(("choice", "parameters", "words"), ANSWERS)
def test_what_is_to_be_known_about_an_answer_stands_beside_it(site, alice, choice, parameters, words):
    row = make_description(alice, choice, parameters=parameters)

    assert words in text_of(site.get(f"/descriptions/{row.pk}/card/"))


ATTEMPTS = [
    ({}, "1,284 tokens"),
    ({"total_tokens": None, "prompt_tokens": 5, "completion_tokens": 7}, "12 tokens"),
    (
        {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None, "estimated_usage": {"total_tokens": 1240}},
        "about 1,240 tokens (not reported)",
    ),
    ({"model_answered": "vision-1-mini"}, "vision-1, answered by vision-1-mini"),
    ({"changed": [{"kind": "dropped", "param": "top_p", "to": ""}]}, "Asked without top_p: this model refuses it."),
    ({"cost": "0.0041"}, "$0.0041"),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "words"), ATTEMPTS)
def test_the_usage_line_says_what_is_known(site, alice, attempt, words):
    row = make_description(alice, "A dog", attempt=attempt)

    assert words in text_of(site.get(f"/descriptions/{row.pk}/card/"))


def test_unknown_usage_is_not_written_as_zero(site, alice):
    row = make_description(
        alice, "A dog", attempt={"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    )

    assert "tokens" not in text_of(site.get(f"/descriptions/{row.pk}/card/"))


def test_a_call_that_may_have_been_billed_is_said_plainly(site, alice):
    row = make_description(
        alice, status="failed", attempt={"state": "unknown", "billed": "unknown"}, pictures=boat(alice)
    )

    assert "may have been billed" in text_of(site.get(f"/descriptions/{row.pk}/card/"))


def test_a_very_long_answer_is_cut_on_the_card_and_one_click_away(site, alice):
    row = make_description(alice, "word " * 5000)

    page = site.get(f"/descriptions/{row.pk}/card/")

    assert 'class="answer long"' in page.content.decode()
    assert "Read it all" in text_of(page)


@pytest.mark.parametrize("method", ["get", "post"])
def test_x02_anothers_card_is_not_found(site, bob, method):
    his = make_description(bob)

    assert getattr(site, method)(f"/descriptions/{his.pk}/card/").status_code == 404


def test_an_admin_sees_every_card(client, boss, alice):
    client.force_login(boss)

    assert client.get(f"/descriptions/{make_description(alice).pk}/card/").status_code == 200


def test_a_card_tells_how_many_run(site, alice):
    row = make_description(alice, status="running")
    make_description(alice, status="queued")

    assert site.get(f"/descriptions/{row.pk}/card/", **HX)["X-Running"] == "2"


def test_x20_words_of_others_are_text_wherever_a_card_shows_them(site, alice):
    evil = "<script>alert(1)</script>"
    row = make_description(
        alice,
        {"content": evil, "refusal": evil, "reasoning": evil, "tool_calls": [{"function": {"name": evil, "arguments": evil}}]},
        question=evil,
        model=evil,
        error_message=evil,
        pictures=[(Image.objects.get(pk=upload(site, picture())), f'">{evil}.png')],
    )  # fmt: skip

    page = site.get(f"/descriptions/{row.pk}/card/").content.decode()

    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 6


def test_fe14_a_key_of_ours_in_a_question_is_taken_out_and_its_owner_told(site, alice):
    _, secret = ApiKey.issue(alice, "mine")
    ask(
        site,
        question=f"What is {secret}?",
        picture=upload(site, picture()),
        system_prompt=f"Bearer {secret}.",
    )
    row = Description.objects.get()
    assert secret not in row.question + row.system_prompt
    assert row.question == "What is [API key taken out]?"
    assert "An API key of this site stood in the question" in text_of(
        site.get(f"/descriptions/{row.pk}/card/")
    )
    assert "Revoke it" in text_of(site.get(f"/descriptions/{row.pk}/"))
