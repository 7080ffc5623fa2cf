"""The sandbox through the real client, which reads it as it reads any endpoint."""

import base64
from typing import Any

import pytest
from PIL import Image

from describer.chat import Client, Reply, Target, amended, errors
from describer.sandbox import SANDBOX_MODEL, SANDBOX_URL, SandboxAdapter
from tests.images.pictures import photo, saved

SANDBOX = Target(base_url=SANDBOX_URL)


@pytest.fixture
def client():
    client = Client(adapters={"sandbox://": SandboxAdapter()})
    yield client
    client.close()


def picture_of(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def sent(picture: Image.Image) -> dict[str, Any]:
    return picture_of("data:image/png;base64," + base64.b64encode(saved(picture, "PNG")).decode())


def stripes(*colours: tuple[str, int]) -> Image.Image:
    """Upright stripes of so many pixels each, 64 in all: one for each cell that is counted."""
    picture = Image.new("RGB", (64, 64))
    left = 0
    for colour, width in colours:
        picture.paste(colour, (left, 0, left + width, 64))
        left += width
    return picture


def asked(client: Client, question: str, *pictures: dict[str, Any], **parameters: object) -> Reply:
    content = [{"type": "text", "text": question}, *pictures]
    body = {"model": SANDBOX_MODEL, "messages": [{"role": "user", "content": content}], **parameters}
    return client.complete(SANDBOX, body)


def words(client: Client, picture: Image.Image) -> str:
    return asked(client, "What is it?", sent(picture)).completion.choices[0].content or ""


def test_a_question_without_a_picture_is_answered_too(client):
    (choice,) = asked(client, "Hello?").completion.choices
    assert "There was no picture to measure." in choice.content and choice.finish_reason == "stop"


def test_each_of_several_answers_is_counted(client):
    one, three = (asked(client, "What?", n=number).completion for number in (1, 3))
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert three.usage.prompt_tokens == one.usage.prompt_tokens
    assert three.usage.completion_tokens > 2 * one.usage.completion_tokens
    assert three.usage.total_tokens == three.usage.prompt_tokens + three.usage.completion_tokens


@pytest.mark.parametrize(
    "limits",
    [
        {"max_tokens": 5},
        {"max_completion_tokens": 5},
        {"max_tokens": 5, "max_completion_tokens": None},
        {"max_tokens": None, "max_completion_tokens": 5},
    ],
)
def test_either_limit_cuts_the_answer_and_a_null_is_no_limit(client, limits):
    completion = asked(client, "What?", **limits).completion
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", 0),
        ("max_tokens", "5"),
        ("max_completion_tokens", 0),
        ("n", 0),
        ("n", 129),
        ("n", 2.0),
        ("stop", ["a"] * 5),
    ],
)
def test_a_value_beyond_the_limits_is_refused_by_its_name(client, name, value):
    with pytest.raises(errors.UnsupportedParameter) as refused:
        asked(client, "What?", **{name: value})
    assert refused.value.http_status == 400 and refused.value.param == name
    assert amended(refused.value, {name: value}) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "data:image/png;base64,",
        "data:image/png;base64,@@@",
        "data:image/svg+xml,%3Csvg%3E",
        "data:image/png;base64",
        "data:image/png;base64,bm8gcGljdHVyZQ==",
    ],
)
def test_a_picture_that_cannot_be_decoded_is_refused_by_its_number(client, url):
    with pytest.raises(errors.ImageRejected) as refused:
        asked(client, "What?", sent(Image.new("RGB", (9, 9))), picture_of(url))
    assert refused.value.http_status == 400
    assert refused.value.words.startswith("Invalid image: picture 2 ")


def test_shares_never_come_to_more_than_the_whole(client):
    text = words(client, stripes(("blue", 24), ("white", 24), ("red", 16)))
    assert "blue (about 35%), white (40%) and red (25%)" in text


def test_a_picture_of_nothing_is_given_no_colour(client):
    text = words(client, Image.new("RGBA", (40, 30)))
    assert "All of it is see-through, so there is nothing else to measure." in text
    assert "white" not in text and "contrast" not in text


def test_nearly_nothing_is_not_called_nothing(client):
    picture = Image.new("RGBA", (100, 100))
    picture.paste((200, 30, 30, 255), (0, 0, 10, 10))
    assert "Nearly all of it is see-through." in words(client, picture)


@pytest.mark.parametrize(
    ("ink", "ground"), [((200, 30, 30, 255), "white"), ((255, 255, 255, 255), "dark grey")]
)
def test_a_see_through_picture_says_what_it_was_seen_on(client, ink, ground):
    picture = Image.new("RGBA", (100, 100))
    picture.paste(ink, (0, 0, 100, 40))
    text = words(client, picture)
    assert f"About 60% of it is see-through. Light and colours are as seen on {ground}." in text


@pytest.mark.parametrize("width", [8, 1])
def test_hard_stripes_may_be_edges_as_well_as_fine_detail(client, width):
    text = words(client, stripes(*[(colour, width) for colour in ("black", "white") * (32 // width)]))
    assert "crisp edges" in text


def test_json_keeps_letters_as_they_are(client):
    reply = asked(client, "Größe?", response_format={"type": "json_object"})
    assert '"question": "Größe?"' in reply.completion.choices[0].content


def test_a_stream_is_read_into_the_same_answer_and_usage(client):
    picture = picture_of("data:image/jpeg;base64," + base64.b64encode(photo(64, 48)).decode())
    whole = asked(client, "What?", picture).completion
    pieces = asked(client, "What?", picture, stream=True, stream_options={"include_usage": True}).completion
    assert pieces.choices[0].content == whole.choices[0].content
    assert pieces.usage.total_tokens == whole.usage.total_tokens and not pieces.usage.estimated


def test_a_stream_can_be_cut_and_can_be_empty(client):
    with pytest.raises(errors.StreamCut):
        asked(client, "[cut]", stream=True)
    with pytest.raises(errors.EmptyAnswer):
        asked(client, "[empty]", stream=True)


def test_a_delay_beyond_the_first_byte_is_a_timeout_of_the_client(client):
    target = Target(base_url=SANDBOX_URL, first_byte=0.05)
    with pytest.raises(errors.TimedOut):
        client.complete(
            target, {"model": "sandbox", "messages": [{"role": "user", "content": "[delay 30s]"}]}
        )
