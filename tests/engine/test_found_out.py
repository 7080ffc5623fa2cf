"""What a model was found to take, and whom a refusal is about."""

import io

import pytest

from describer import upkeep
from describer.engine.pipeline import run_next
from describer.engine.submit import Ask, AskImage, Refusal, keep_image, submit
from describer.models import Description, Endpoint, Status
from tests.endpoint import answer, error, reply
from tests.images.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]
THREE = [(64, 48), (48, 64), (50, 50)]


@pytest.fixture
def ask(alice):
    def asked(sizes=THREE[:1], **changes):
        images = [keep_image(alice, io.BytesIO(photo(*size)), "boat.jpg") for size in sizes]
        shown = [AskImage(image, "boat.jpg") for image in images]
        return submit(Ask(owner=alice, question="What is it?", pictures=shown, together=True, **changes))[0]

    return asked


def run(row):
    assert run_next()
    return Description.objects.get(pk=row.pk)


def learned():
    return Endpoint.default().learned.get("scripted-model", {})


@pytest.mark.parametrize("status", [400, 500])
def test_fb03_a_limit_of_pictures_is_met_once_and_said_before_the_next_is_sent(ask, endpoint, status):
    endpoint.then(error(status, "At most 2 image(s) may be provided in one request."))
    row = run(ask(THREE))
    assert (row.status, row.error_code) == (Status.FAILED, "too_many_images")
    assert "takes 2 pictures at once; send fewer, or ask about each alone." in row.error_message
    assert [attempt.billed for attempt in row.attempts()] == ["no"]
    assert learned() == {"images": 2}
    with pytest.raises(Refusal, match="scripted-model takes 2 pictures at once") as refused:
        ask(THREE)
    assert refused.value.code == "too_many_images"
    assert run(ask(THREE[:2])).status == Status.DONE


def test_fb03_a_limit_that_was_not_passed_teaches_nothing(ask, endpoint):
    endpoint.then(error(400, "Too many images: at most 5 images"))
    assert run(ask(THREE)).error_code == "too_many_images"
    assert learned() == {}


def test_fb04_a_model_that_sees_nothing_is_met_once_until_an_admin_has_it_forgotten(ask, endpoint):
    endpoint.then(error(422, "value must be a string"))
    row = run(ask())
    assert (row.error_code, learned()) == ("image_rejected", {"blind": True})
    assert "cannot see pictures" in row.error_message
    with pytest.raises(Refusal, match="scripted-model cannot see pictures; choose another. An admin"):
        ask()
    Endpoint.objects.update(learned={})
    assert run(ask()).status == Status.DONE


def test_fb05_a_parameter_of_one_value_is_dropped_once_and_remembered(ask, endpoint):
    endpoint.then(error(400, "invalid temperature: only 1 is allowed for this model"))
    assert run(ask(parameters={"temperature": "0.3"})).status == Status.DONE
    assert [call.body.get("temperature") for call in endpoint.calls] == [0.3, None]
    run(ask(parameters={"temperature": "0.3"}))
    assert "temperature" not in endpoint.calls[2].body


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "seed"], "type": "extra_forbidden"}]},
        {"message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}},
        {"error": {"message": 'Error: {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}'}},
        {"message": "seed: unknown field"},
        {"errors": [{"message": "Unrecognized parameter: 'seed'"}]},
    ],
)
def test_fb02_a_422_is_read_as_a_400_is(ask, endpoint, body):
    endpoint.then(reply(422, body))
    row = run(ask(parameters={"seed": "7"}))
    assert row.status == Status.DONE
    assert row.attempts().last().changed == [{"kind": "dropped", "param": "seed", "to": ""}]


def test_fb01_a_model_that_the_key_may_not_ask_holds_up_nobody(ask, endpoint):
    endpoint.then(error(403, "model scripted-model is not allowed for this key"))
    row = run(ask())
    assert (row.status, row.error_code) == (Status.FAILED, "model_not_found")
    assert Endpoint.default().paused_code == ""
    assert run(ask()).status == Status.DONE


def test_fb01_an_ask_that_may_take_too_much_fails_alone(ask, endpoint):
    words = "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 30104."
    endpoint.then(error(402, words))
    row = run(ask())
    assert (row.error_code, Endpoint.default().paused_code) == ("no_credit", "")
    assert "lower max_tokens" in row.error_message


def probe_now():
    Endpoint.objects.update(next_probe=None)
    upkeep.look_after_endpoints()


def test_fb01_after_three_false_alarms_a_pause_takes_the_word_of_two_asks(ask, endpoint):
    for _ in range(3):
        endpoint.then(error(403, "Not you."))
        run(ask())
        assert Endpoint.default().paused_code == "forbidden"
        probe_now()
        assert Endpoint.default().paused_code == ""
    endpoint.then(error(403, "Not you."), error(403, "Not you."))
    assert run(ask()).status == Status.FAILED
    assert Endpoint.default().paused_code == "", "one ask alone says so"
    assert run(ask()).status == Status.FAILED
    assert Endpoint.default().paused_code == "forbidden", "two say so"


def test_fb01_a_pause_that_a_probe_confirms_is_no_false_alarm(ask, endpoint):
    Endpoint.objects.update(false_alarms=2)
    endpoint.then(error(401, "Incorrect API key"))
    run(ask())
    endpoint.models_step = error(401, "Incorrect API key")
    probe_now()
    assert (Endpoint.default().paused_code, Endpoint.default().false_alarms) == ("bad_key", 0)


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("qwen2.5vl:latest", "qwen2.5vl"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("name", "name:nitro"),
        ("maker/Name", "name"),
    ],
)
def test_fb07_a_name_that_is_close_goes_through_and_the_endpoint_judges(ask, endpoint, listed, asked):
    Endpoint.objects.update(model_names=[listed], default_model=listed)
    endpoint.then(answer("A dog."), error(404, f"The model {asked} does not exist", "model_not_found"))
    assert run(ask(model=asked)).status == Status.DONE
    assert endpoint.calls[0].body["model"] == asked
    row = run(ask(model=asked))
    assert row.error_code == "model_not_found" and row.error_message.endswith(f" It lists {listed}.")


def test_fb07_another_name_is_refused(ask):
    Endpoint.objects.update(model_names=["qwen2.5vl:latest"], default_model="qwen2.5vl:latest")
    with pytest.raises(Refusal, match="is not offered"):
        ask(model="qwen3")
