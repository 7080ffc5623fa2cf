"""Estimates: rough, never 0 for something, and marked."""

import pytest

from describer.chat.tokens import estimate, picture_tokens, text_tokens


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("What is in this picture?", 5, 8),
        ("这张图片里有什么？", 8, 10),
        ("Что на этой картинке?", 8, 13),
    ],
)
def test_text_is_counted_by_its_script(text: str, lowest: int, highest: int) -> None:
    assert lowest <= text_tokens(text) <= highest


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1000, 1000, 1334), (200, 200, 54), (1092, 1092, 1590), (8000, 6000, 1600), (1, 1, 1)],
)
def test_a_picture_is_counted_by_its_size(width: int, height: int, tokens: int) -> None:
    assert picture_tokens(width, height) == tokens


def test_low_detail_has_one_price() -> None:
    assert picture_tokens(4000, 4000, "low") == picture_tokens(100, 100, "low")


def test_i01_an_estimate_is_marked_and_adds_up() -> None:
    usage = estimate(
        question="What is it?", system_prompt="Be brief.", sizes=[(1000, 1000)], answers=["A dog."]
    )

    assert usage.estimated
    assert usage.prompt_tokens is not None and usage.completion_tokens is not None
    assert usage.prompt_tokens > 1334 and usage.completion_tokens > 0
    assert usage.counts == {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
