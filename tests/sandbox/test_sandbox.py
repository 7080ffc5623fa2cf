"""The sandbox as the real client sees it: the wire of an endpoint, and honest words."""

import base64
import json
import time
from typing import Any

import pytest
import requests
from PIL import Image, ImageFilter

from describer.chat import Client, Target, errors
from describer.sandbox import SANDBOX_MODEL, SANDBOX_URL, SandboxAdapter
from tests.images.pictures import corners, page, photo, saved, scene

FIRST = "No model was asked: this is the sandbox"


@pytest.fixture
def session():
    with requests.Session() as session:
        session.mount("sandbox://", SandboxAdapter())
        yield session


def part(data: bytes, kind: str = "jpeg") -> dict[str, Any]:
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def request_for(question: str, *pictures: dict[str, Any], **parameters: object) -> dict[str, Any]:
    content = [{"type": "text", "text": question}, *pictures]
    return {"model": SANDBOX_MODEL, "messages": [{"role": "user", "content": content}], **parameters}


def ask(
    session: requests.Session, question: str, *pictures: dict[str, Any], **parameters: object
) -> dict[str, Any]:
    response = session.post(
        f"{SANDBOX_URL}/chat/completions", json=request_for(question, *pictures, **parameters)
    )
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def words(session: requests.Session, picture: Image.Image, kind: str = "PNG") -> str:
    answer = ask(session, "What is it?", part(saved(picture, kind), kind.lower()))
    text: str = answer["choices"][0]["message"]["content"]
    return text


def test_it_lists_itself_as_its_one_model(session):
    body = session.get(f"{SANDBOX_URL}/models").json()
    assert body["object"] == "list" and [one["id"] for one in body["data"]] == ["sandbox"]


def test_an_answer_has_all_that_the_wire_format_asks_for(session):
    body = ask(session, "What is in this picture?", part(photo(400, 300)))
    assert body["id"].startswith("chatcmpl-") and body["object"] == "chat.completion"
    assert isinstance(body["created"], int) and body["model"] == "sandbox"
    (choice,) = body["choices"]
    assert (
        choice["index"] == 0
        and choice["finish_reason"] == "stop"
        and choice["message"]["role"] == "assistant"
    )
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


def test_the_first_sentence_says_that_no_model_was_asked(session):
    text = ask(session, "What is in this picture?", part(photo(400, 300)))["choices"][0]["message"]["content"]
    assert text.startswith(FIRST) and "You asked: “What is in this picture?”" in text


def test_the_same_request_is_answered_in_the_same_words_and_numbers(session):
    first, second = (ask(session, "Again?", part(photo(400, 300)), n=2) for _ in range(2))
    assert (first["choices"], first["usage"], first["id"]) == (
        second["choices"],
        second["usage"],
        second["id"],
    )


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((400, 300), "400 by 300 pixels, in landscape format (4:3)"),
        ((900, 1600), "900 by 1600 pixels, in portrait format (9:16)"),
        ((200, 200), "200 by 200 pixels, a square"),
        ((100, 900), "a long strip from top to bottom"),
        ((1000, 100), "a long strip across"),
    ],
)
def test_it_measures_size_and_orientation(session, size, said):
    assert said in words(session, Image.new("RGB", size, "red"))


def test_it_measures_a_turned_photo_as_it_is_seen(session):
    tags = Image.Exif()
    tags[274] = 6
    assert (
        "300 by 400 pixels"
        in ask(session, "?", part(photo(400, 300, exif=tags.tobytes())))["choices"][0]["message"]["content"]
    )


def test_it_names_the_main_colours_with_their_shares(session):
    picture = Image.new("RGB", (100, 100), (30, 90, 200))
    picture.paste((240, 240, 240), (0, 0, 100, 30))
    assert "Its main colours are blue (about 70%) and white (30%)." in words(session, picture)
    assert "Nearly all of it is dark green." in words(session, Image.new("RGB", (90, 90), (10, 70, 20)))
    assert "no colours but shades of grey" in words(
        session, page(300, 200).convert("L").point(lambda v: v // 2 + 60)
    )


def test_it_says_how_light_a_picture_is_and_where(session):
    assert "It is very dark" in words(session, Image.new("RGB", (90, 90), (9, 9, 12)))
    assert "It is very light" in words(session, Image.new("RGB", (90, 90), "white"))
    sky = Image.new("RGB", (90, 90), (40, 50, 40))
    sky.paste((200, 220, 250), (0, 0, 90, 40))
    assert "lightest towards the top" in words(session, sky)


def test_it_tells_sharp_from_soft(session):
    sharp = page(900, 700)
    assert "fine detail" in words(session, sharp)
    assert "soft" in words(session, sharp.filter(ImageFilter.GaussianBlur(3)))
    assert "no edges" in words(session, Image.new("RGB", (90, 90), "teal"))


def test_it_sees_what_is_see_through(session):
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    picture.paste((200, 30, 30, 255), (0, 0, 100, 60))
    assert "About 40% of it is see-through." in words(session, picture)
    assert "see-through" not in words(session, corners())


def test_several_pictures_get_a_paragraph_each_in_their_order(session):
    body = ask(session, "Compare.", part(photo(400, 300)), part(saved(corners(), "PNG"), "png"))
    text = body["choices"][0]["message"]["content"]
    assert 0 < text.index("**Picture 1** is 400 by 300") < text.index("**Picture 2** is 64 by 48")


def test_labels_of_pictures_are_not_part_of_the_question(session):
    request = request_for("Compare.", {"type": "text", "text": "Picture 1:"}, part(photo(64, 48)))
    text = session.post(f"{SANDBOX_URL}/chat/completions", json=request).json()["choices"][0]["message"][
        "content"
    ]
    assert "You asked: “Compare.”" in text


def test_a_follow_up_speaks_of_the_picture_that_was_sent_before(session):
    messages = request_for("What is it?", part(photo(400, 300)))["messages"]
    messages += [{"role": "assistant", "content": "A photo."}, {"role": "user", "content": "And how large?"}]
    body = session.post(
        f"{SANDBOX_URL}/chat/completions", json={"model": "sandbox", "messages": messages}
    ).json()
    text = body["choices"][0]["message"]["content"]
    assert "“And how large?”" in text and "400 by 300" in text


def test_several_answers_are_numbered(session):
    body = ask(session, "What?", part(photo(64, 48)), n=3)
    texts = [choice["message"]["content"] for choice in body["choices"]]
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2] and len(set(texts)) == 3
    assert "This is answer 2 of 3" in texts[1] and all(text.startswith(FIRST) for text in texts)


def test_max_tokens_cuts_the_answer_and_says_so(session):
    body = ask(session, "What?", part(photo(64, 48)), max_tokens=12)
    (choice,) = body["choices"]
    assert choice["finish_reason"] == "length" and FIRST.startswith(choice["message"]["content"][:30])
    assert body["usage"]["completion_tokens"] == 12


def test_stop_texts_end_the_answer(session):
    for stop in ("sandbox", ["zzz", "sandbox"]):
        (choice,) = ask(session, "What?", part(photo(64, 48)), stop=stop)["choices"]
        assert choice["message"]["content"] == "No model was asked: this is the "
        assert choice["finish_reason"] == "stop"


def test_json_is_answered_where_json_was_asked_for(session):
    body = ask(session, "As JSON.", part(photo(400, 300)), response_format={"type": "json_object"})
    answer = json.loads(body["choices"][0]["message"]["content"])
    assert answer["note"].startswith(FIRST) and answer["pictures"][0]["width"] == 400


def test_a_link_is_not_opened_and_the_answer_says_so(session):
    link = {"type": "image_url", "image_url": {"url": "https://example.org/cat.jpg"}}
    text = ask(session, "What?", link)["choices"][0]["message"]["content"]
    assert "is a link, and the sandbox opens no links" in text


@pytest.mark.parametrize("data", [b"", b"no picture", photo(64, 48)[:300]])
def test_what_is_no_picture_is_refused_as_an_endpoint_would(session, data):
    response = session.post(f"{SANDBOX_URL}/chat/completions", json=request_for("?", part(data)))
    error = response.json()["error"]
    assert (
        response.status_code == 400
        and error["code"] == "invalid_image_format"
        and "picture 1" in error["message"]
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"messages": 3}', b'{"messages": [{"content": 5}]}'])
def test_a_body_without_messages_is_refused(session, body):
    response = session.post(f"{SANDBOX_URL}/chat/completions", data=body)
    assert response.status_code == 400 and response.json()["error"]["message"]


def test_it_has_no_other_address(session):
    assert session.get(f"{SANDBOX_URL}/files").status_code == 404


def test_a_stream_has_the_same_answer_in_pieces_and_usage_when_asked_for(session):
    whole = ask(session, "What?", part(photo(64, 48)))
    request = request_for("What?", part(photo(64, 48)), stream=True, stream_options={"include_usage": True})
    response = session.post(f"{SANDBOX_URL}/chat/completions", json=request, stream=True)
    assert response.headers["Content-Type"] == "text/event-stream"
    lines = [line.removeprefix("data: ") for line in response.iter_lines(decode_unicode=True) if line]
    chunks = [json.loads(line) for line in lines[:-1]]
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]]
    assert lines[-1] == "[DONE]" and "".join(pieces) == whole["choices"][0]["message"]["content"]
    assert len(pieces) > 10 and chunks[-1]["usage"] == whole["usage"]


@pytest.fixture
def client():
    client = Client(adapters={"sandbox://": SandboxAdapter()})
    yield client
    client.close()


def test_the_real_client_reads_its_answers(client):
    reply = client.complete(Target(SANDBOX_URL), request_for("What?", part(saved(scene(90, 60), "JPEG"))))
    assert reply.completion.choices[0].content.startswith(FIRST) and not reply.completion.usage.estimated
    assert client.models(Target(SANDBOX_URL)) == ["sandbox"]


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ("[fail 429]", errors.RateLimited),
        ("[fail 500]", errors.EndpointError),
        ("[fail 503]", errors.Overloaded),
        ("[fail 401]", errors.BadKey),
        ("[FAIL 402]", errors.NoCredit),
        ("[empty]", errors.EmptyAnswer),
        ("[cut]", errors.ConnectionLost),
    ],
)
def test_faults_can_be_asked_for(client, order, error):
    with pytest.raises(error):
        client.complete(Target(SANDBOX_URL), request_for(f"What? {order}", part(photo(64, 48))))


def test_a_delay_can_be_asked_for_and_is_not_repeated_back(session):
    started = time.monotonic()
    text = ask(session, "What [delay 120ms] is it?", part(photo(64, 48)))["choices"][0]["message"]["content"]
    assert time.monotonic() - started >= 0.12 and "You asked: “What is it?”" in text


def test_a_delay_beyond_the_callers_patience_times_out(session):
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.post(f"{SANDBOX_URL}/chat/completions", json=request_for("[delay 30s]"), timeout=(1, 0.05))
