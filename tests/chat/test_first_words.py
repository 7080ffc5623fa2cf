"""What can be shown of a stream's first answer while it comes."""

import pytest

from describer.chat.first_words import FirstWords
from describer.lib.limits import COMING_CHARACTERS
from tests.steps import chunk, event


def heard(*deltas, key=""):
    """A stream of these deltas, as far as it was heard."""
    changes = []
    words = FirstWords(lambda: changes.append(1))
    words.restart(key)
    for delta in deltas:
        words.feed(event(chunk(delta)))
    return words


def test_words_are_put_together_and_kept_for_the_whole_answer():
    words = heard({"role": "assistant"}, {"content": "Two "}, {"content": "boats.\r\n"}, {"content": "End"})
    assert words.so_far() == ("Two boats.\nEnd", False)
    assert words.assembly.body()["choices"][0]["message"]["content"] == "Two boats.\r\nEnd"


@pytest.mark.parametrize(
    "thought",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_details": [{"text": "hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"content": "<think>hm"},
    ],
)
def test_of_thoughts_it_is_known_that_there_are_some(thought):
    assert heard(thought).so_far() == ("", True)


def test_words_in_parts_are_words():
    assert heard({"content": [{"type": "text", "text": "Two "}, {"text": "boats."}]}).so_far() == (
        "Two boats.",
        False,
    )


def test_a_refusal_and_calls_of_tools_are_no_words():
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]}
    assert heard({"refusal": "No."}, call).so_far() == ("", False)


def test_no_part_of_the_key_but_three_letters_is_shown():
    words = heard(
        {"content": "It is sk-very"}, {"content": "-secret"}, {"content": "-1 now"}, key="sk-very-secret-1"
    )
    assert words.so_far() == ("It is [key] now", False)
    assert heard({"content": "It is sk-very"}, key="sk-very-secret-1").so_far() == ("It is", False)


def test_of_what_is_longer_than_is_shown_the_rest_is_put_together_alone():
    words = heard(*[{"content": "x" * 30_000}] * 5)
    assert len(words.so_far()[0]) == COMING_CHARACTERS
    assert len(words.assembly.body()["choices"][0]["message"]["content"]) == 150_000


def test_another_call_begins_with_nothing():
    words = heard({"content": "Two"})
    words.restart("")
    assert words.so_far() == ("", False)
