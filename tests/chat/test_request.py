"""Bodies of calls at our own endpoint: judged, taken apart, and put together again."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.chat.messages import redacted
from describer.chat.parse_parameters import ParameterError
from describer.chat.request import put_back, read_request

LINK = "https://example.org/a.jpg"


def body(**fields):
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]} | fields).encode()


def message(*parts, role="user"):
    return {"role": role, "content": list(parts)}


def text(words):
    return {"type": "text", "text": words}


def picture(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def refused(data):
    with pytest.raises(ParameterError) as caught:
        read_request(data)
    return caught.value


def test_pictures_are_taken_out_in_order_and_leave_their_places():
    messages = [
        message(text("one"), picture("a")),
        {"role": "assistant", "content": "two"},
        message(picture("b", detail="low"), text("three"), picture("c", detail=None)),
    ]
    asked = read_request(body(messages=messages))
    assert [(part.param, part.url) for part in asked.pictures] == [
        ("messages[0].content[1].image_url.url", "a"),
        ("messages[2].content[0].image_url.url", "b"),
        ("messages[2].content[2].image_url.url", "c"),
    ]
    assert [part["image_url"] for part in asked.messages[2]["content"] if "image_url" in part] == [
        {"url": "picture:1", "detail": "low"},
        {"url": "picture:2"},
    ]
    urls = ["A", "B", "C"]
    again = put_back(asked.messages, urls)
    assert [part["image_url"]["url"] for part in again[2]["content"] if "image_url" in part] == ["B", "C"]
    assert asked.messages[0]["content"][1]["image_url"]["url"] == "picture:0"


def test_a_picture_is_given_up_when_it_is_taken():
    (part,) = read_request(body(messages=[message(picture(LINK))])).pictures
    assert (part.take(), part.url) == (LINK, "")
    assert LINK not in repr(part)


def test_the_question_is_the_last_thing_that_the_person_said():
    messages = [
        {"role": "system", "content": "brief"},
        message(text("first")),
        {"role": "developer", "content": [text("english")]},
        message(text("a"), picture(LINK), text("b")),
        {"role": "assistant", "content": "answer"},
    ]
    asked = read_request(body(messages=messages))
    assert (asked.question, asked.system_prompt) == ("a\nb", "brief\n\nenglish")
    assert read_request(body(messages=[{"role": "system", "content": "only"}])).question == "only"
    assert read_request(body(messages=[message(picture(LINK))])).question == ""
    assert (
        read_request(body(messages=[{"role": "assistant", "content": None, "refusal": "No."}])).question == ""
    )


def test_whether_it_streams_and_who_wants_usage():
    for options, wants in (
        ({}, False),
        ({"include_usage": True}, True),
        ({"include_usage": 0}, False),
        ("x", False),
    ):
        asked = read_request(body(stream=True, stream_options=options))
        assert (asked.streams, asked.wants_usage) == (True, wants)
    assert not read_request(body(stream=False)).streams
    assert not read_request(body(stream=None)).streams


def test_what_no_database_takes_is_put_right_everywhere():
    odd = '{"model": "a\\u0000", "messages": [{"role": "user", "content": "b\\ud800", "c\\u0000": 1}], "d\\udfff": ["e\\u0000"]}'
    asked = read_request(odd.encode())
    assert asked.model == "a\ufffd"
    assert asked.messages == [{"role": "user", "content": "b\ufffd\ufffd\ufffd", "c\ufffd": 1}]
    assert asked.parameters == {"d\ufffd\ufffd\ufffd": ["e\ufffd"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a": [1,\n2,\n  NaN]}', "line 3, column 3: NaN is"),
        (b'{"a": "NaN", "b": -Infinity}', "line 1, column 19: -Infinity is"),
        (b'{"NaN \\\\\\" NaN": Infinity}', "line 1, column 18: Infinity is"),
        (b'{"a": 1e400}', "line 1, column 7: 1e400 is"),
        (b'{"a": -' + b"9" * 500 + b".5}", "line 1, column 7: -" + "9" * 19 + " is"),
        (b'{"a" 1}', "line 1, column 6: Expecting ':'"),
        (b"\xff", "not UTF-8 at byte 0"),
    ],
)  # fmt: skip
def test_the_place_of_what_is_no_json_is_named(data, words):
    fault = refused(data)
    assert (fault.code, fault.param) == ("invalid_json", "")
    assert words in fault.message


def test_depth_counts_from_the_body_itself():
    for depth, fits in ((63, True), (64, False)):
        data = (
            b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "a": '
            + b"[" * depth
            + b"]" * depth
            + b"}"
        )
        if fits:
            assert read_request(data).parameters
        else:
            assert "64 deep" in refused(data).message


def test_hostile_bodies_are_refused_before_they_are_read():
    began = time.process_time()
    for data in (b"[" * 10**7, b'{"a":' * 10**6, b"[[]," * 10**6, b'{"a": ' + b"1" * 10**7 + b"}"):
        assert refused(data).code == "invalid_json"
    assert "Infinity" in refused(b'{"a": "' + b"\\\\" * 10**6 + b'", "b": Infinity}').message
    assert time.process_time() - began < 5


def test_many_words_are_no_hostile_body():
    long = "one, two, [three] " * 50_000
    assert read_request(body(messages=[{"role": "user", "content": long}])).question == long


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = st.sampled_from(["role", "content", "type", "text", "image_url", "url", "detail", "tool_calls"])
SAID = st.sampled_from(["user", "text", "image_url", "assistant", "x"])
ODD = st.recursive(JSON | SAID, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["model", "messages", "stream", "stop", "n", "x"]), ODD))
def test_any_json_is_a_request_or_a_fault_with_words(given_body):
    try:
        asked = read_request(json.dumps(given_body).encode())
    except ParameterError as fault:
        assert fault.message and fault.code
    else:
        assert (asked.question, asked.system_prompt) is not None
        json.dumps(put_back(asked.messages, ["u"] * len(asked.pictures))).encode()


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_a_fault_with_words(data):
    assert refused(data).message


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=5).filter(lambda name: name not in ("n", "stop", "seed", "user", "tools")), JSON, max_size=4))  # fmt: skip
def test_parameters_that_we_do_not_know_pass_with_value_and_type(unknown):
    kept = read_request(body(**{f"x-{name}": value for name, value in unknown.items()})).parameters
    sent = {f"x-{name}": value for name, value in unknown.items() if value is not None}
    assert json.dumps(kept, sort_keys=True) == json.dumps(stored(sent), sort_keys=True)


def stored(value):
    """As it can be stored: NUL and lone surrogates become the replacement character."""
    return json.loads(json.dumps(value).replace("\\u0000", "\\ufffd"))


DATA = "iVBORw0KGgo="
URL = f"data:image/png;base64,{DATA}"
FORMS = {
    "Anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
    "Anthropic, by address": {"type": "image", "source": {"type": "url", "url": LINK}},
    "Responses API": {"type": "input_image", "image_url": URL},
    "Responses API, an object": {"type": "input_image", "image_url": {"url": URL}},
    "a file": {"type": "file", "file": {"filename": "a.png", "file_data": URL}},
    "a file of the AI SDK": {"type": "file", "mediaType": "image/png", "data": DATA},
    "an image of the AI SDK": {"type": "image", "image": URL},
    "an image of the AI SDK, by address": {"type": "image", "image": LINK},
    "LangChain": {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": DATA},
    "LangChain 1": {"type": "image", "base64": DATA, "mime_type": "image/png"},
    "LangChain, by address": {"type": "image", "url": LINK},
    "media": {"type": "media", "mime_type": "image/png", "data": DATA},
}


@pytest.mark.parametrize("name", FORMS)
def test_fd04_a_picture_in_another_contracts_form_is_a_picture(name):
    asked = read_request(body(messages=[message(text("What?"), FORMS[name])]))
    assert [part.url for part in asked.pictures] == [LINK if "address" in name else URL]
    assert asked.messages[0]["content"][1] == picture("picture:0")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
        {"type": "image", "source": {"type": "base64", "media_type": "video/mp4", "data": DATA}},
        {"type": "image"},
        {"type": "thing", "data": DATA},
    ],
)
def test_fd04_what_is_no_picture_goes_on_as_it_came(part):
    asked = read_request(body(messages=[message(text("What?"), part)]))
    assert (asked.pictures, asked.messages[0]["content"][1]) == ([], part)


def test_fd04_words_of_the_responses_api_are_words():
    asked = read_request(body(messages=[message({"type": "input_text", "text": "What?"}, picture(LINK))]))
    assert asked.question == "What?"


def test_fd04_no_base64_is_shown():
    part = {
        "type": "file",
        "file": {"file_data": "data:application/pdf;base64," + "QUJD" * 900, "more": "QUJD" * 900},
    }
    shown = json.dumps(redacted({"messages": [message(text("What?"), part)]}))
    assert "QUJD" not in shown and shown.count("kB") == 2 and "What?" in shown
