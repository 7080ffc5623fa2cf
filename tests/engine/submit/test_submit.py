"""The way in: what becomes a description, what is refused, and that one token gives one ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from describer.engine.queue import pause_endpoint
from describer.engine.submit import Ask, AskImage, Refusal, ask_again, forget_tokens, submit
from describer.models import Description, Status


@pytest.fixture
def ask(alice, given):
    """An ask of Alice's about one picture, with changes."""

    def made(**changes):
        return Ask(**({"owner": alice, "question": "What is it?", "pictures": [given()]} | changes))

    return made


def refused(an_ask):
    with pytest.raises(Refusal) as caught:
        submit(an_ask)
    assert Description.objects.count() == 0
    return caught.value


def test_u61_several_pictures_become_one_description_each_in_their_order(ask, given):
    rows = submit(
        ask(pictures=[given("a.jpg", (64, 48)), given("b.jpg", (48, 64)), given("c.jpg", (50, 50))])
    )
    assert [row.pictures.get().name for row in rows] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [row.turn for row in rows] == [0, 1, 2]


def test_several_pictures_together_become_one_description(ask, given):
    pictures = [given("a.jpg", (64, 48)), given("b.jpg", (48, 64))]
    (row,) = submit(ask(pictures=pictures, together=True))
    assert [shown.name for shown in row.shown_pictures] == ["a.jpg", "b.jpg"]


def test_p24_one_token_gives_one_set(ask, given):
    pictures = [given("a.jpg", (64, 48)), given("b.jpg", (48, 64))]
    first = submit(ask(pictures=pictures, token="t"))
    second = submit(ask(pictures=pictures, token="t"))
    assert [row.pk for row in first] == [row.pk for row in second]
    assert Description.objects.count() == 2


def test_another_ask_under_the_same_token_is_refused(ask):
    submit(ask(token="t"))
    with pytest.raises(Refusal) as caught:
        submit(ask(token="t", question="Something else?"))
    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


def test_one_token_of_two_people_gives_two_asks(ask, alice, bob):
    submit(ask(token="t"))
    submit(ask(token="t", owner=bob))
    assert Description.objects.count() == 2


def test_a_day_old_token_is_forgotten(ask):
    (row,) = submit(ask(token="t"))
    Description.objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(hours=25))
    assert forget_tokens() == 1
    assert submit(ask(token="t"))[0].pk != row.pk


@pytest.mark.parametrize("question", ["", "  \n\t "])
def test_u67_a_question_must_be_written(ask, question):
    assert refused(ask(question=question)).param == "question"


def test_u67_a_picture_must_be_given(ask):
    assert refused(ask(pictures=[])).code == "no_image"


def test_x26_a_question_has_an_end(ask):
    assert "100,000" in refused(ask(question="x" * 100_001)).message


def test_u62_one_ask_holds_so_many_pictures(ask, given, settings):
    settings.IMAGES_PER_ASK = 2
    picture = given()
    assert refused(ask(pictures=[picture] * 3, together=True)).code == "too_many_images"


def test_o1_a_model_must_be_offered(ask, sandbox):
    sandbox.model_names = ["sandbox", "other"]
    sandbox.save()
    assert "is not offered by" in refused(ask(model="gpt")).message


def test_a_wrong_parameter_is_refused_by_its_name(ask):
    refusal = refused(ask(parameters={"temperature": "7"}))
    assert (refusal.param, refusal.message) == ("temperature", "Temperature goes from 0 to 2.")


def test_x28_nobody_queues_without_end(ask, settings):
    settings.QUEUED_PER_PERSON = 1
    submit(ask())
    with pytest.raises(Refusal) as caught:
        submit(ask())
    assert (caught.value.status, caught.value.code) == (429, "queue_full")
    assert caught.value.retry_after


def test_x25_nul_is_removed_from_every_text(ask, given):
    picture = AskImage(given().image, "a\x00b.jpg")
    changes = {"question": "Wh\x00at?", "system_prompt": "\x00Be brief.", "parameters": {"stop": ["a\x00b"]}}
    (row,) = submit(ask(pictures=[picture], **changes))
    texts = [row.question, row.system_prompt, str(row.parameters), row.pictures.get().name]
    assert texts[:2] == ["What?", "Be brief."]
    assert not any("\x00" in text or "\\x00" in text for text in texts)


def test_n43_what_is_asked_of_a_paused_endpoint_waits_with_the_reason(ask, sandbox):
    pause_endpoint(sandbox, "no_credit", 0)
    (row,) = submit(ask())
    assert row.status == Status.WAITING
    assert "no credit" in row.waiting_reason


def test_an_ask_again_takes_pictures_question_and_parameters_along(ask, given):
    pictures = [given("a.jpg", (64, 48)), given("b.jpg", (48, 64))]
    (row,) = submit(
        ask(pictures=pictures, together=True, parameters={"seed": "0"}, system_prompt="Be brief.")
    )
    again = ask_again(row)
    assert again.pk != row.pk
    assert (again.question, again.system_prompt, again.parameters) == (
        "What is it?",
        "Be brief.",
        {"seed": 0},
    )
    assert [shown.name for shown in again.shown_pictures] == ["a.jpg", "b.jpg"]
