"""The story of one description, against a scripted endpoint on a real socket."""

import io

import pytest
from django.core.files.storage import default_storage

from describer import upkeep
from describer.engine.pipeline import request_of, run_next
from describer.engine.queue.sweep import hand_back
from describer.engine.submit import Ask, AskImage, keep_image, submit
from describer.models import Attempt, Description, Endpoint, SentCopy, Status, UsageDay
from tests.days import days_of
from tests.endpoint import answer, error, rate_limited
from tests.images.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]
State = Attempt.State


@pytest.fixture
def ask(alice):
    def asked(**changes):
        image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
        return submit(
            Ask(owner=alice, question="What is it?", pictures=[AskImage(image, "boat.jpg")], **changes)
        )[0]

    return asked


def run(row):
    """See it through once, and answer the row as it is then."""
    assert run_next()
    return Description.objects.get(pk=row.pk)


def test_an_answer_is_recorded_whole(ask, endpoint):
    endpoint.then(answer("Two boats.", usage=(100, 20, 120), n=2))
    row = run(ask(parameters={"n": "2"}))
    assert row.status == Status.DONE
    assert [choice.content for choice in row.choices.order_by("index")] == ["Two boats.", "Two boats."]
    attempt = row.attempts().get()
    assert (attempt.state, attempt.billed, attempt.total_tokens) == (State.ANSWERED, "yes", 120)
    assert UsageDay.objects.get().total_tokens == 120
    assert (row.lease_token, row.finished is not None) == ("", True)


def test_fa02_an_answer_is_read_once_where_it_is_recorded(ask, endpoint):
    endpoint.then(answer('<think>hm</think>\n{"boats": 2}<|im_end|>'))
    choice = run(ask()).choices.get()
    assert (choice.text, choice.shape) == ('{"boats": 2}', "json")
    assert choice.content[choice.text_begin : choice.text_end] == '{"boats": 2}'
    assert choice.content.startswith("<think>") and choice.content.endswith("<|im_end|>")


def test_fe01_what_no_page_could_show_is_not_written_down(ask, endpoint):
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "details": [[]] * 50_000, **{"x" * 90_000: 1}}
    big = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": "x" * 2_000_000, "more": [[]] * 9_000},
    }
    small = {"id": "d", "type": "function", "function": {"name": "g", "arguments": "{}"}}
    endpoint.then(answer("A dog.", usage=usage, tool_calls=[big, *[small] * 300]))
    row = run(ask())
    attempt, choice = row.attempts().get(), row.choices.get()
    assert (row.status, attempt.total_tokens, choice.content) == (Status.DONE, 12, "A dog.")
    assert attempt.raw_usage == {"prompt_tokens": 9, "completion_tokens": 3}
    first, *others = choice.tool_calls
    assert (first["id"], first["function"]["name"], len(first["function"]["arguments"])) == (
        "c",
        "f",
        2**20 + 15,
    )
    assert others == [small] * 127


def test_the_attempt_is_committed_before_the_bytes_leave(ask, endpoint):
    seen = []
    endpoint.rule(lambda call: seen.append(Attempt.objects.get().state))
    run(ask())
    assert seen == [State.SENT]


def test_the_very_copy_that_was_sent_is_kept(ask, endpoint):
    row = run(ask())
    copy = row.pictures.get().sent_copy
    url = endpoint.calls[0].body["messages"][0]["content"][1]["image_url"]["url"]
    with default_storage.open(copy.file) as file:
        assert len(file.read()) == copy.bytes
    assert url.startswith(f"data:{copy.media_type};base64,")


def test_p23_a_picture_that_is_gone_fails_in_words_and_without_a_call(ask, endpoint):
    row = ask()
    for copy in SentCopy.objects.all():
        default_storage.delete(copy.file)
    default_storage.delete(row.pictures.get().image.original)
    row = run(row)
    assert (row.status, row.error_code) == (Status.FAILED, "image_missing")
    assert "boat.jpg" in row.error_message
    assert endpoint.calls == []
    assert not row.attempts().exists()


def test_p23_a_sent_copy_that_was_changed_on_disk_is_made_anew(ask, endpoint):
    row = ask()
    copy = SentCopy.objects.get()
    default_storage.delete(copy.file)
    default_storage.save(copy.file, io.BytesIO(b"something else"))
    assert run(row).status == Status.DONE


def test_n16_a_refusal_for_now_waits_no_sooner_than_told(ask, endpoint):
    endpoint.then(rate_limited(30))
    row = run(ask())
    attempt = row.attempts().get()
    assert (row.status, row.tries) == (Status.WAITING, 0)
    assert (row.not_before - attempt.answered).total_seconds() > 29
    assert (attempt.state, attempt.billed, attempt.error_code) == (State.REFUSED, "no", "rate_limited")
    assert "Next try at" in row.waiting_reason


def test_p13_a_late_answer_of_a_run_that_lost_its_lease_is_paid_and_kept_apart(ask, endpoint):
    row = ask()
    calls = []

    def lose_the_lease(call):
        calls.append(call)
        if len(calls) == 1:
            hand_back({row.pk: Description.objects.get(pk=row.pk).lease_token})
            return answer("Too late.", usage=(10, 5, 15))
        return answer("In time.", usage=(10, 6, 16))

    endpoint.rule(lose_the_lease)
    assert run(row).status == Status.QUEUED
    assert row.attempts().get().total_tokens == 15
    row = run(row)
    assert [choice.content for choice in row.choices.all()] == ["In time."]
    days = days_of(Attempt.objects.all())
    assert UsageDay.objects.get().total_tokens == sum(day["total_tokens"] for day in days.values()) == 31


def test_a_row_that_is_deleted_during_its_call_leaves_its_line_in_the_ledger(ask, endpoint):
    row = ask()
    endpoint.rule(lambda call: Description.objects.filter(pk=row.pk).delete() and None)
    endpoint.then(answer("For nobody.", usage=(10, 5, 15)))
    assert run_next()
    assert not Description.objects.exists()
    assert Attempt.objects.get().total_tokens == 15


def test_o24_a_refused_parameter_is_left_out_once_and_the_change_is_kept(ask, endpoint):
    endpoint.then(error(400, "temperature is not supported with this model", param="temperature"))
    row = run(ask(parameters={"temperature": "0.5"}))
    assert row.status == Status.DONE
    assert row.parameters == {"temperature": 0.5}
    assert [call.body.get("temperature") for call in endpoint.calls] == [0.5, None]
    assert row.attempts().last().changed == [{"kind": "dropped", "param": "temperature", "to": ""}]
    run(ask(parameters={"temperature": "0.5"}))
    assert "temperature" not in endpoint.calls[2].body
    assert Description.objects.last().tries == 0


def test_a_paused_endpoint_is_opened_again_by_the_ask_that_goes_ahead(ask, endpoint):
    endpoint.then(error(402, "Insufficient credits"))
    assert run(ask()).error_code == "no_credit"
    waiting = [ask(), ask()]
    assert {row.status for row in waiting} == {Status.WAITING}
    endpoint.then(error(402, "Insufficient credits"))
    probe_now()
    assert run(waiting[0]).status == Status.WAITING
    probe_now()
    assert run(waiting[0]).status == Status.DONE
    assert run(waiting[1]).status == Status.DONE
    assert Endpoint.default().paused_code == ""


def test_a_fault_that_the_sandbox_was_told_to_play_holds_nobody_up(alice, settings):
    settings.VISION_BASE_URL = ""
    sandbox = Endpoint.from_environment()
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    row = submit(Ask(owner=alice, question="[fail 401]", pictures=[AskImage(image, "boat.jpg")]))[0]
    assert run(row).error_code == "bad_key"
    sandbox.refresh_from_db()
    assert sandbox.paused_code == ""


def probe_now():
    Endpoint.objects.update(next_probe=None)
    upkeep.look_after_endpoints()


def test_n43_the_list_of_models_tells_when_a_key_is_good_again(ask, endpoint):
    endpoint.then(error(401, "Incorrect API key"))
    run(ask())
    endpoint.models_step = error(401, "Incorrect API key")
    probe_now()
    assert Endpoint.default().paused_code == "bad_key"
    endpoint.models_step = None
    probe_now()
    assert Endpoint.default().paused_code == ""


def test_models_are_fetched_and_kept(endpoint):
    endpoint.models = ["scripted-model", "another"]
    upkeep.look_after_endpoints()
    upkeep.look_after_endpoints()
    assert Endpoint.default().offered == ["scripted-model", "another"]
    assert len(endpoint.model_calls) == 1


def test_the_request_is_shown_as_it_is_sent_but_for_the_bytes(ask, endpoint):
    row = run(ask(parameters={"max_tokens": "5"}, system_prompt="Be brief."))
    shown, sent = request_of(row), endpoint.calls[0].body
    assert shown["max_tokens"] == sent["max_tokens"] == 5
    assert shown["messages"][0] == sent["messages"][0]
    assert len(str(shown)) < 1000
