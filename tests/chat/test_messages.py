"""The request body (O2, O3, O17 to O20)."""

import base64
import json
from typing import Any

import pytest

from describer.chat.body import encode
from describer.chat.schema import Picture, Turn, redacted, request_body

JPEG = Picture(b"\xff\xd8\xff" + b"j" * 500_000, "image/jpeg")
PNG = Picture(b"\x89PNG" + b"p" * 900, "image/png")


def content(**asked: Any) -> Any:
    return request_body(model="m", question="What is it?", **asked)["messages"][-1]["content"]


def test_o02_the_text_comes_first_then_the_picture() -> None:
    text, picture = content(pictures=[PNG])

    assert text == {"type": "text", "text": "What is it?"}
    assert picture["type"] == "image_url"


def test_o02_several_pictures_are_numbered_in_their_order() -> None:
    parts = content(pictures=[PNG, JPEG])

    assert [part.get("text") for part in parts] == ["What is it?", "Picture 1:", None, "Picture 2:", None]
    assert parts[2]["image_url"]["url"].startswith("data:image/png;")
    assert parts[4]["image_url"]["url"].startswith("data:image/jpeg;")


def test_o02_earlier_turns_stand_before_the_question() -> None:
    body = request_body(
        model="m", question="And now?", system_prompt="Be brief.", earlier=[Turn("What?", "A dog.")]
    )

    assert [(one["role"], one["content"]) for one in body["messages"]] == [
        ("system", "Be brief."),
        ("user", "What?"),
        ("assistant", "A dog."),
        ("user", "And now?"),
    ]


def test_o03_an_empty_system_prompt_is_no_message() -> None:
    body = request_body(model="m", question="q", system_prompt="  ")

    assert [message["role"] for message in body["messages"]] == ["user"]


def test_o18_a_data_url_is_plain_base64_of_the_very_bytes() -> None:
    head, _, packed = content(pictures=[JPEG])[1]["image_url"]["url"].partition(",")

    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(packed, validate=True) == JPEG.data


def test_o20_detail_goes_onto_each_picture_and_nowhere_else() -> None:
    body = request_body(model="m", question="q", pictures=[PNG, PNG], parameters={"detail": "low"})

    pictures = [part["image_url"] for part in body["messages"][0]["content"] if part["type"] == "image_url"]
    assert [picture["detail"] for picture in pictures] == ["low", "low"]
    assert "detail" not in body


def test_o20_detail_that_is_not_set_is_absent() -> None:
    assert "detail" not in content(pictures=[PNG])[1]["image_url"]


def test_nothing_is_sent_that_was_not_set() -> None:
    body = request_body(model="m", question="q", parameters={"temperature": 0, "top_p": None})

    assert body == {"model": "m", "messages": [{"role": "user", "content": "q"}], "temperature": 0}


def test_the_exact_request_is_shown_without_the_bytes_of_its_pictures() -> None:
    body = request_body(model="m", question="q", pictures=[JPEG], parameters={"stop": ["a"]})
    shown = redacted(body)

    url = shown["messages"][0]["content"][1]["image_url"]["url"]
    assert url == "data:image/jpeg;base64,... (500 kB)"
    assert len(json.dumps(shown)) < 400
    assert shown["stop"] == ["a"]


def test_r10_a_picture_does_not_show_its_bytes() -> None:
    assert "pppp" not in repr(PNG)


def test_o26_the_bytes_are_those_of_plain_json() -> None:
    body = request_body(
        model="m", question="Was? 犬", pictures=[PNG, JPEG, PNG], parameters={"stop": ["a", "b"]}
    )

    assert json.loads(encode(body)) == json.loads(json.dumps(body))
    assert encode(body) == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("value", [float("nan"), object(), b"bytes"])
def test_o26_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        encode({"model": value})


def test_o18_a_picture_has_a_true_media_type() -> None:
    with pytest.raises(ValueError, match="not a media type"):
        Picture(b"x", 'image/"png')


def test_o26_half_a_character_is_sent_as_a_question_mark() -> None:
    assert encode({"model": "a\ud800"}) == b'{"model":"a?"}'
