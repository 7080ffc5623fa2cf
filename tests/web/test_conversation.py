"""The page of a call at our own endpoint: its conversation, and who called."""

import pytest

from describer.models import ApiKey, Transcript
from tests.rows import make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
PICTURE = {"type": "image_url", "image_url": {"url": "picture:0"}}
TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "What is there?"}, PICTURE]},
    {"role": "assistant", "content": "A pier at dawn."},
    {"role": "user", "content": "How many boats?"},
]


def called(owner, messages, **values):
    key, _ = ApiKey.issue(owner, "nightly script")
    row = make_description(owner, "Two.", question="How many boats?", via="endpoint", key=key)
    Transcript.objects.create(description=row, messages=messages, request_id="req-of-a-caller", **values)
    return row


def words_of(client, row):
    response = client.get(f"/descriptions/{row.pk}/")
    assert response.status_code == 200
    return text_of(response)


def test_it_shows_all_turns_of_a_conversation_and_where_the_picture_stood(hers, alice):
    words = words_of(hers, called(alice, TURNS))
    for expected in (
        "4 messages",
        "What is there?",
        "Picture 1",
        "A pier at dawn.",
        "How many boats?",
    ):
        assert expected in words


def test_a_single_question_is_no_conversation(hers, alice):
    assert "Conversation" not in words_of(hers, called(alice, TURNS[:2]))


def test_it_tells_who_called_and_that_they_hung_up(hers, alice):
    words = words_of(hers, called(alice, TURNS, client_gone=True, client_retries=2))
    for expected in (
        "nightly script",
        "req-of-a-caller",
        "2 times before",
        "hung up before the answer was whole",
    ):
        assert expected in words


def test_tool_calls_that_are_no_list_are_no_fault(hers, alice):
    odd = {"role": "assistant", "content": "A pier.", "tool_calls": 5}
    assert "A pier." in words_of(hers, called(alice, [TURNS[1], odd, TURNS[3]]))


def test_an_ask_without_words_says_so(hers, alice):
    row = called(alice, [{"role": "user", "content": [PICTURE]}])
    type(row).objects.update(question="")
    assert "Asked without words" in words_of(hers, row)


def test_a_tool_call_is_told_beside_the_words(hers, alice):
    calls = [{"id": "1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]
    turns = [*TURNS[:2], {"role": "assistant", "content": None, "tool_calls": calls}, TURNS[3]]
    assert "calls" in words_of(hers, called(alice, turns))


def test_whoever_supports_finds_the_row_by_the_id_that_the_caller_was_told(admin_client, alice):
    row = called(alice, TURNS)
    page = admin_client.get("/admin/describer/description/", {"q": "req-of-a-caller"})
    assert f"/admin/describer/description/{row.pk}/change/" in page.content.decode()
