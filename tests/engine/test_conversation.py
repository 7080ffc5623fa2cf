"""Follow-ups as the model is sent them: the whole way from the first question on, or nothing."""

import io
import json

import pytest

from describer.engine.pipeline import request_of, run_next
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, ask_again, followable, keep_image, submit
from describer.lib import limits
from describer.models import Choice, Description, DescriptionImage, SentCopy, Status, Transcript
from tests.endpoint import answer
from tests.images.pictures import photo
from tests.rows import make_description

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]


@pytest.fixture
def kept(alice):
    """A stored picture, of so many pixels."""

    def keep(width=64, height=48, seed=0):
        image = keep_image(alice, io.BytesIO(photo(width + seed, height)), f"boat-{seed}.jpg")
        return AskImage(image, f"boat-{seed}.jpg")

    return keep


@pytest.fixture
def ask(alice, kept):
    def asked(question="What is it?", follows=None, **changes):
        pictures = changes.pop("pictures", () if follows else [kept()])
        return submit(
            Ask(owner=alice, question=question, pictures=pictures, together=True, follows=follows, **changes)
        )[0]

    return asked


@pytest.fixture
def answered(ask, endpoint):
    """Asked and answered."""

    def asked_and_answered(words, *arguments, **changes):
        endpoint.then(answer(words))
        return run(ask(*arguments, **changes))

    return asked_and_answered


def run(row):
    assert run_next()
    return Description.objects.get(pk=row.pk)


def shape_of(messages):
    """Who says what; pictures as `picture`."""
    told = []
    for message in messages:
        content = message["content"]
        if not isinstance(content, str):
            content = [part.get("text", "picture") for part in content]
        told.append((message["role"], content))
    return told


def test_a_follow_up_is_sent_pictures_questions_and_answers_as_turns(answered, endpoint):
    first = answered("A pier.", "What is it?", system_prompt="Be brief.")
    second = answered("Two.", "How many boats?", first, system_prompt="Be brief.")
    third = answered("Red.", "Which colour?", second, system_prompt="Be brief.")
    assert (first.root, second.root, third.root) == (0, first.pk, first.pk)
    body = endpoint.calls[-1].body
    assert shape_of(body["messages"]) == [
        ("system", "Be brief."),
        ("user", ["What is it?", "picture"]),
        ("assistant", "A pier."),
        ("user", "How many boats?"),
        ("assistant", "Two."),
        ("user", "Which colour?"),
    ]
    before = endpoint.calls[0].body["messages"]
    assert body["messages"][: len(before)] == before, "what was sent before is the beginning, to the letter"
    assert [message["role"] for message in request_of(third)["messages"]] == [
        message["role"] for message in body["messages"]
    ]


def test_the_answer_that_counts_when_the_call_is_made_is_sent_without_its_thoughts(ask, answered, endpoint):
    first = answered("<think>hm</think>One.")
    Choice.objects.create(description=first, index=1, content="Another.")
    second = ask("Why?", first)
    Description.objects.filter(pk=first.pk).update(kept=1)
    endpoint.then(answer("So."))
    run(second)
    assert endpoint.calls[-1].body["messages"][1]["content"] == "Another."
    Description.objects.filter(pk=first.pk).update(kept=0)
    endpoint.then(answer("So."))
    run(ask("Why?", first))
    assert endpoint.calls[-1].body["messages"][1]["content"] == "One."


def test_branches_know_nothing_of_each_other(answered, endpoint):
    first = answered("A pier.")
    one = answered("Two.", "How many?", first)
    answered("Red.", "Which colour?", first)
    answered("Old.", "How old?", one)
    assert [said for _, said in shape_of(endpoint.calls[-1].body["messages"])] == [
        ["What is it?", "picture"], "A pier.", "How many?", "Two.", "How old?",
    ]  # fmt: skip


def test_pictures_that_a_follow_up_brings_are_numbered_on(answered, kept, endpoint):
    first = answered("A pier.")
    second = answered("Another.", "And here?", first, pictures=[kept(seed=1)])
    answered("No.", "Are they the same?", second)
    users = [said for role, said in shape_of(endpoint.calls[-1].body["messages"]) if role == "user"]
    assert users == [
        ["What is it?", "picture"],
        ["And here?", "Picture 2:", "picture"],
        "Are they the same?",
    ]


def test_a_call_at_our_own_endpoint_is_gone_on_from_with_its_messages(alice, answered, kept, endpoint):
    picture = {"type": "image_url", "image_url": {"url": "picture:0"}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is there?"}, picture]},
        {"role": "assistant", "content": "A pier."},
        {"role": "user", "content": "Where?"},
    ]
    row = make_description(alice, "In Oslo.", question="Where?", via="endpoint", model="scripted-model")
    DescriptionImage.objects.filter(description=row).update(image=kept().image, sent_copy=None)
    Transcript.objects.create(description=row, messages=messages)
    answered("In May.", "When?", row, system_prompt="Be long.")
    assert shape_of(endpoint.calls[-1].body["messages"]) == [
        ("system", "Be long."),
        ("user", ["What is there?", "picture"]),
        ("assistant", "A pier."),
        ("user", "Where?"),
        ("assistant", "In Oslo."),
        ("user", "When?"),
    ]
    shown = DescriptionImage.objects.get(description=row)
    assert shown.sent_copy is None, "an earlier row tells of its own call"


def test_what_came_before_is_estimated_where_no_usage_is_told(ask, endpoint):
    endpoint.then(answer("A pier. " * 100, usage=None), answer("Two.", usage=None))
    first = run(ask())
    second = run(ask("How many?", first))
    counted = [row.attempts().get().estimated_usage["prompt_tokens"] for row in (first, second)]
    assert counted[1] > counted[0] + 150


def test_d6_only_ones_own_answered_description_can_be_followed(alice, bob, answered):
    done = answered("A pier.")
    with pytest.raises(Refusal) as refused:
        followable(bob, done.pk)
    assert (refused.value.status, refused.value.code) == (404, "not_found")
    others = {
        status: make_description(alice, status=status) for status in Status.values if status != Status.DONE
    }
    for status, row in others.items():
        with pytest.raises(Refusal) as refused:
            followable(alice, row.pk)
        assert (refused.value.status, refused.value.code, refused.value.param) == (
            400, "invalid_value", "follows",
        ), status  # fmt: skip
    wordless = make_description(alice, {"content": "", "refusal": "No."})
    with pytest.raises(Refusal, match="no words"):
        followable(alice, wordless.pk)
    assert followable(alice, done.pk).pk == done.pk


def test_d6_one_that_is_deleted_while_it_is_asked_is_not_followed(ask, answered):
    first = answered("A pier.")
    Description.objects.get(pk=first.pk).delete()
    with pytest.raises(Refusal) as refused:
        ask("How many?", first)
    assert refused.value.status == 404
    assert not Description.objects.exists()


@pytest.mark.parametrize("gone", [0, 1])
def test_d6_where_an_earlier_answer_was_deleted_nothing_is_sent(ask, answered, endpoint, gone):
    first = answered("A pier.")
    second = answered("Two.", "How many?", first)
    third = ask("Which colour?", second)
    (first, second)[gone].delete()
    row = run(third)
    assert (row.status, row.error_code) == (Status.FAILED, "follows_deleted")
    assert "Nothing was sent" in row.error_message
    assert (len(endpoint.calls), row.attempts().count(), row.root) == (2, 0, first.pk if gone else row.root)
    with pytest.raises(Refusal) as refused:
        ask_again(row)
    assert refused.value.param == "follows"


def test_d6_the_first_one_may_go_and_the_others_keep_its_number(answered):
    first = answered("A pier.")
    second = answered("Two.", "How many?", first)
    number = first.pk
    first.delete()
    second.refresh_from_db()
    assert (second.root, second.follows_id, second.status) == (number, None, Status.DONE)


def test_asking_a_follow_up_again_follows_the_same_answer(answered, endpoint):
    first = answered("A pier.")
    second = answered("Two.", "How many?", first)
    endpoint.then(answer("Three."))
    again = run(ask_again(second))
    assert (again.follows_id, again.root) == (first.pk, first.pk)
    assert endpoint.calls[-1].body["messages"] == endpoint.calls[-2].body["messages"]


def test_d7_fifty_follow_ups_with_twenty_pictures_are_sent_whole_within_the_limit(
    alice, ask, kept, endpoint, asked_endpoint
):
    asked_endpoint.settings = {"body_bytes": 2_500_000}
    asked_endpoint.save()
    endpoint.default = answer("A long answer. " * 600)
    row = run(ask(pictures=[kept(900, 700, seed) for seed in range(20)]))
    for number in range(50):
        row = run(ask(f"Question {number}?", row))
        assert row.status == Status.DONE, row.error_message
    last = endpoint.calls[-1]
    assert len(last.raw) <= 2_500_000
    messages = last.body["messages"]
    parts = [part for part in messages[0]["content"] if part["type"] == "image_url"]
    assert (len(parts), len(messages)) == (20, 101)
    assert [one["content"] for one in messages[2::2]] == [f"Question {number}?" for number in range(50)]
    assert SentCopy.objects.count() <= 20 * 4, "copies are not made anew for each question"


def test_d7_what_does_not_fit_into_a_body_is_refused_in_words(ask, answered, endpoint, asked_endpoint):
    first = answered("A pier. " * 5000)
    asked_endpoint.settings = {"body_bytes": 30_000}
    asked_endpoint.save()
    row = run(ask("Which colour?", first))
    assert (row.status, row.error_code) == (Status.FAILED, "too_large")
    assert "begin a new one" in row.error_message and "Nothing was sent" in row.error_message
    assert (len(endpoint.calls), row.attempts().count()) == (1, 0)


def test_d7_more_words_than_models_read_and_more_pictures_than_an_ask_has_are_refused_at_once(
    alice, ask, answered, kept, settings
):
    first = answered("A pier.")
    settings.IMAGES_PER_ASK = 2
    with pytest.raises(Refusal) as refused:
        ask("And these?", first, pictures=[kept(seed=1), kept(seed=2)])
    assert (refused.value.code, refused.value.param) == ("too_many_images", "image")
    Choice.objects.filter(description=first).update(content="x" * limits.CONVERSATION_CHARACTERS)
    with pytest.raises(Refusal) as refused:
        ask("How many?", first)
    assert (refused.value.code, refused.value.param) == ("too_large", "follows")
    assert Description.objects.count() == 1


def test_d7_a_conversation_has_an_end(alice, ask, answered):
    first = answered("A pier.")
    others = limits.CONVERSATION_QUESTIONS - 2
    Description.objects.bulk_create(
        Description(
            owner=alice, endpoint=first.endpoint, question="?", status="done", follows=first, root=first.pk
        )
        for _ in range(others)
    )
    ask("One more?", first)
    with pytest.raises(Refusal, match="at most 1,000 questions"):
        ask("And another?", first)


def test_a_picture_that_was_sent_as_its_link_is_not_left_out_silently(
    alice, ask, answered, endpoint, asked_endpoint
):
    asked_endpoint.settings = {"send_links": True}
    asked_endpoint.save()
    first = answered("A pier.", pictures=[AskLink("https://pictures.example/pier.jpg")])
    second = answered("Two.", "How many?", first)
    assert "pictures.example" in json.dumps(endpoint.calls[-1].body["messages"][0])
    asked_endpoint.settings = {}
    asked_endpoint.save()
    row = run(ask("Why?", second))
    assert (row.status, row.error_code, len(endpoint.calls)) == (Status.FAILED, "image_missing", 2)


@pytest.mark.parametrize("turns", [3, 50])
def test_a_conversation_is_read_by_as_few_statements_however_long(
    alice, django_assert_num_queries, turns, endpoint
):
    row = make_description(alice, "A pier.")
    first = row.pk
    for number in range(turns):
        row = make_description(alice, f"Answer {number}.", follows=row, root=first)
    DescriptionImage.objects.exclude(description=first).delete()
    row = Description.objects.select_related("endpoint").get(pk=row.pk)
    with django_assert_num_queries(10):
        request_of(row)
