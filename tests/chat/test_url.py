"""Base URLs as people type them (O25)."""

import pytest

from describer.chat.address import chat_url, models_url, shown_address


@pytest.mark.parametrize(
    ("base", "chat"),
    [
        ("https://a.example", "https://a.example/v1/chat/completions"),
        ("https://a.example/", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1", "https://a.example/v1/chat/completions"),
        (" https://a.example/v1// ", "https://a.example/v1/chat/completions"),
        ("https://a.example/api/paas/v4", "https://a.example/api/paas/v4/chat/completions"),
        ("https://a.example/openai", "https://a.example/openai/chat/completions"),
        ("https://a.example/v1/chat/completions", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1/chat/completions/", "https://a.example/v1/chat/completions"),
        ("https://a.example/chat/completions", "https://a.example/chat/completions"),
        ("https://a.example/x?api-version=1", "https://a.example/x/chat/completions?api-version=1"),
        ("https://me:secret@a.example/v1", "https://a.example/v1/chat/completions"),
        ("a.example", "https://a.example/v1/chat/completions"),
        ("localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("sandbox://here", "sandbox://here/v1/chat/completions"),
    ],
)
def test_o25_finds_the_address_to_ask(base: str, chat: str) -> None:
    assert chat_url(base) == chat


def test_o25_finds_the_list_of_models_beside_it() -> None:
    assert models_url("https://a.example") == "https://a.example/v1/models"
    assert models_url("https://a.example/v2/chat/completions/") == "https://a.example/v2/models"


@pytest.mark.parametrize(
    "base", ["", "https://", "not an address", "http://[::1", "https://a.example:99999", "/v1"]
)
def test_o25_says_so_when_it_is_no_address(base: str) -> None:
    with pytest.raises(ValueError, match="The base URL is not an address"):
        chat_url(base)


def test_r10_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown_address("https://me:secret@a.example/v1?key=secret#x") == "https://a.example/v1"
    assert shown_address("http://[") == ""
