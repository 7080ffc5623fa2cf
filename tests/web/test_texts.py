"""Long questions, prompts, parameters and transcripts: no page reads or shows more of them than a reader needs."""

import pytest

from describer.models import Attempt, Transcript
from tests.rows import make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
MANY = 3_000_000


def long_call(owner, messages, **values):
    row = make_description(owner, "Two.", via="endpoint", **values)
    Transcript.objects.create(description=row, messages=messages, request_id="req-1")
    return row


def test_fe02_a_request_of_megabytes_is_shown_by_its_beginning(hers, alice):
    row = long_call(
        alice, [{"role": "user", "content": "word " * (MANY // 5)}], question="word " * (MANY // 5)
    )
    response = hers.get(f"/descriptions/{row.pk}/")
    assert len(response.content) < 150_000
    assert "too long to be shown as one" in text_of(response)
    whole = b"".join(hers.get(f"/descriptions/{row.pk}/text/messages/?plain"))
    assert whole.count(b"word ") == MANY // 5
    piece = hers.get(f"/descriptions/{row.pk}/text/messages/?begin={MANY - 100}")
    assert "word word" in text_of(piece) and len(piece.content) < 30_000


@pytest.mark.parametrize("messages", [[[[[[[]]]]]] * 30_000, [{"a": 1}] * 30_000])
def test_fe02_json_of_very_many_values_is_not_spread_out(hers, alice, messages):
    row = long_call(alice, [{"role": "user", "content": [{"type": "odd", "odd": messages}]}])
    response = hers.get(f"/descriptions/{row.pk}/")
    assert len(response.content) < 150_000 and "too long to be shown as one" in text_of(response)


def test_fe02_parameters_without_end_are_cut(hers, alice):
    parameters = {"n": 1, **{f"p{number}": "x" * 300 for number in range(300)}}
    words = text_of(hers.get(f"/descriptions/{make_description(alice, 'Two.', parameters=parameters).pk}/"))
    assert "and 201 more" in words
    long = make_description(alice, "Two.", parameters={"n": 1, "metadata": {"x": "y" * MANY}})
    assert len(hers.get(f"/descriptions/{long.pk}/").content) < 150_000


def test_fe02_a_long_question_and_a_long_prompt_stand_on_pages_of_their_own(hers, alice):
    row = make_description(alice, "Two.", question="Why? " * 10_000, system_prompt="Be brief. " * 10_000)
    html = hers.get(f"/descriptions/{row.pk}/").content.decode()
    for part in ("question", "system-prompt"):
        assert f"/descriptions/{row.pk}/text/{part}/" in html
        assert hers.get(f"/descriptions/{row.pk}/text/{part}/").status_code == 200


def test_fe02_of_a_thousand_calls_the_last_are_shown(hers, alice):
    row = make_description(alice, "Two.")
    common = {"description": row.pk, "owner": alice.pk, "endpoint": "endpoint", "model_asked": "m"}
    Attempt.objects.bulk_create(
        Attempt(number=number, state="refused", **common) for number in range(2, 1002)
    )
    words = text_of(hers.get(f"/descriptions/{row.pk}/"))
    assert "901 earlier ones are not shown here" in words and "Sent (attempt 1001)" in words
    assert "Sent (attempt 900)" not in words
