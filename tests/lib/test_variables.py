"""Variables of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.lib.variables import filled, variables_in


def test_words_between_braces_are_variables_each_once():
    assert variables_in("{place}, {day} and {place}", "in {tone}") == ["place", "day", "tone"]


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "{}", "{Not}", "{two words}", "{1}", "{{place}}", "{{{{a}}}}", "f(x) { return {x}"]
)
def test_what_is_no_word_is_no_variable(text):
    assert variables_in(text.replace("{x}", "x")) == []


def test_two_braces_are_one_and_values_are_not_filled_again():
    assert filled('{{"a": {n}}} {{n}}', {"n": "{n}"}) == '{"a": {n}} {n}'


def test_a_variable_without_a_value_is_named():
    with pytest.raises(KeyError, match="place"):
        filled("In {place}?", {})


@given(st.text(alphabet=st.sampled_from("{}ab_ 1"), max_size=30), st.text(max_size=5))
def test_whatever_stands_there_is_filled_once_with_all_its_variables(text, value):
    words = variables_in(text)
    shown = filled(text, dict.fromkeys(words, value))
    assert words or len(shown) <= len(text)
