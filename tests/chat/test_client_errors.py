"""What endpoints' errors come to (I25, I27 to I49)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from describer.chat.errors import ChatError
from tests.chat.conftest import KEY, Line
from tests.endpoint import completion, error, html, rate_limited, redirect, reply


def facts(error: ChatError) -> tuple[str, bool, str]:
    return error.code, error.retryable, error.billed


RATE_LIMITED = ("rate_limited", True, "no")
NO_CREDIT = ("no_credit", False, "no")
MODEL = ("model_not_found", False, "no")
IMAGE = ("image_rejected", False, "no")
BAD_REQUEST = ("bad_request", False, "no")


@pytest.mark.parametrize(
    ("code", "expected"),
    [(429, RATE_LIMITED), ("429", RATE_LIMITED), (402, NO_CREDIT), (401, ("bad_key", False, "no")),
     ("rate_limit_exceeded", RATE_LIMITED), (502, ("endpoint_error", True, "unknown")),
     ("odd", ("endpoint_error", True, "unknown")), (None, ("endpoint_error", True, "unknown"))],
)  # fmt: skip
def test_i25_an_error_inside_a_200_is_that_error(line: Line, code: Any, expected: Any) -> None:
    found = line.fail(reply(200, {"error": {"message": "Slow down.", "code": code}}))

    assert facts(found) == expected
    assert (found.http_status, found.words) == (200, "Slow down.")


def test_r01_the_number_in_the_body_beats_a_bare_server_fault(line: Line) -> None:
    assert facts(line.fail(error(502, "Slow down.", 429))) == RATE_LIMITED
    assert facts(line.fail(error(429, "Slow down.", 500))) == RATE_LIMITED


def test_i25_an_error_inside_a_choice_is_that_error(line: Line) -> None:
    choice = {"index": 0, "message": {"content": ""}, "error": {"message": "Provider is down.", "code": 502}}

    assert line.fail(reply(200, {"choices": [choice]})).code == "endpoint_error"


@pytest.mark.parametrize("empty", [None, {}, "", False])
def test_i25_an_empty_error_beside_an_answer_is_none(line: Line, empty: Any) -> None:
    assert (
        line.ask(reply(200, {**completion("A dog."), "error": empty})).completion.choices[0].content
        == "A dog."
    )


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Bad words.", "type": "t", "param": "messages", "code": "c"}},
        {"type": "error", "error": {"type": "c", "message": "Bad words.", "param": "messages"}},
        {"object": "error", "message": "Bad words.", "type": "c", "param": "messages", "code": 400},
        {"error": '{"error": {"message": "Bad words.", "param": "messages", "code": "c"}}', "code": "x"},
        [{"error": {"message": "Bad words.", "param": "messages", "code": "c"}}],
    ],
)
def test_i27_i28_the_message_is_found_in_every_shape(line: Line, body: Any) -> None:
    found = line.fail(reply(400, body))

    assert facts(found) == BAD_REQUEST
    assert "Bad words." in found.message


def test_i27_param_and_code_are_kept(line: Line) -> None:
    found = line.fail(error(400, "No.", "odd_code", param="messages[0].role"))

    assert (found.param, found.endpoint_code) == ("messages[0].role", "odd_code")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Not today"}, "Not today"),
        ({"error": "Unauthorized", "message": "Wrong room"}, "Unauthorized. Wrong room"),
        ({"detail": "Not today"}, "Not today"),
        ({"message": "Not today"}, "Not today"),
        ({"msg": "Not today", "success": False}, "Not today"),
        (
            {"detail": [{"loc": ["body", "n"], "msg": "too big"}, {"loc": ["body"], "msg": "odd"}]},
            "body.n: too big; body: odd",
        ),
        ("Not today", "Not today"),
        ("404 page not found", "404 page not found"),
        ('"Not today"', "Not today"),
    ],
)
def test_i29_i30_other_shapes_give_their_text(line: Line, body: Any, words: str) -> None:
    assert line.fail(reply(409, body)).words == words


@pytest.mark.parametrize("body", ["", "<html><body>x</body></html>", "{", b"\x00\xff"])
def test_i31_a_status_without_words_is_put_in_words(line: Line, body: Any) -> None:
    found = line.fail(reply(502, body))

    assert "Bad gateway (502)." in found.message
    assert "<" not in found.message


def test_i31_of_a_page_only_the_title_is_told(line: Line) -> None:
    assert line.fail(html(502, "502 | &lt;b&gt;Bad&lt;/b&gt; gateway")).words == "502 | Bad gateway"


@pytest.mark.parametrize("told", ["3", "1.5", " 2 "])
def test_i32_retry_after_in_seconds(line: Line, told: str) -> None:
    found = line.fail(rate_limited(told))

    assert facts(found) == RATE_LIMITED
    assert found.retry_after == float(told)


def test_i32_retry_after_as_a_date(line: Line) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert 80 < (line.fail(rate_limited(later)).retry_after or 0) <= 90


@pytest.mark.parametrize(
    "told", ["0", "-5", "soon", "nan", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400, "1e3", ""]
)
def test_i32_nonsense_and_the_past_are_nothing(line: Line, told: str) -> None:
    assert line.fail(rate_limited(told)).retry_after is None


def test_i33_hours_are_told_as_they_came(line: Line) -> None:
    assert line.fail(rate_limited(7200)).retry_after == 7200


def test_i32_the_time_is_read_from_the_words_when_no_header_tells_it(line: Line) -> None:
    assert line.fail(error(429, "Please try again in 1m2.5s.")).retry_after == 62.5
    assert line.fail(error(429, "Please try again in 20s.")).retry_after == 20
    assert line.fail(error(429, "Please retry in 200 ms")).retry_after == 0.2


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (402, "Payment required.", None),
        (429, "No more.", "insufficient_quota"), (429, "No more.", "credit_balance_exhausted"),
        (429, "No more.", "billing_hard_limit_reached"), (429, "No more.", "billing_not_active"),
        (429, "You exceeded your current quota, please check your plan and billing details.", None),
        (400, "Your credit balance is too low to access the API.", None),
        (403, "用户额度不足", "insufficient_user_quota"),
    ],
)  # fmt: skip
def test_i34_n36_no_credit_does_not_mend_by_waiting(
    line: Line, status: int, message: str, code: str | None
) -> None:
    found = line.fail(error(status, message, code))

    assert facts(found) == NO_CREDIT
    assert found.pauses
    assert found.message.startswith("The endpoint's account has no credit left.")


def test_i34_a_402_that_names_a_time_is_waited_for(line: Line) -> None:
    found = line.fail(error(402, "Too many.", headers={"Retry-After": "5"}))

    assert (*facts(found), found.retry_after) == (*RATE_LIMITED, 5.0)


@pytest.mark.parametrize(
    ("message", "code"),
    [("当前分组上游负载已饱和，请稍后再试", None), ("Too many", "upstream_error"),
     ("Quota exceeded for requests per minute.", None),
     ("You exceeded your current quota. Please retry in 36.6s.", None)],
)  # fmt: skip
def test_i35_any_other_429_is_waited_for(line: Line, message: str, code: str | None) -> None:
    assert facts(line.fail(error(429, message, code))) == RATE_LIMITED


@pytest.mark.parametrize(
    ("message", "code"),
    [("Not there.", "model_not_found"), ("No available channel for model gpt-9 under group default", None),
     ("当前分组 default 下对于模型 gpt-9 无可用渠道", None)],
)  # fmt: skip
def test_i36_a_503_about_a_model_is_not_mended_by_waiting(line: Line, message: str, code: str | None) -> None:
    assert facts(line.fail(error(503, message, code))) == MODEL


def test_i37_a_model_that_is_loading_is_waited_for(line: Line) -> None:
    found = line.fail(error(503, "Loading model"))

    assert facts(found) == ("overloaded", True, "no")
    assert found.message.startswith("The model is being loaded.")


@pytest.mark.parametrize("status", [400, 404, 500])
@pytest.mark.parametrize(
    "message",
    [
        "image input is not supported - hint: you may need to provide the mmproj",
        "this model does not support image input",
        "No endpoints found that support image input",
        "该模型不支持图片输入",
    ],
)
def test_i38_a_model_that_cannot_see(line: Line, status: int, message: str) -> None:
    found = line.fail(error(status, message))

    assert facts(found) == IMAGE
    assert found.message.startswith("This model cannot see pictures; choose another.")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (408, ("timeout", True, "unknown")), (409, ("overloaded", True, "no")), (425, ("overloaded", True, "no")),
        (500, ("endpoint_error", True, "unknown")), (502, ("endpoint_error", True, "unknown")),
        (503, ("overloaded", True, "no")), (504, ("timeout", True, "unknown")),
        (520, ("endpoint_error", True, "unknown")), (523, ("endpoint_error", True, "unknown")),
        (524, ("timeout", True, "unknown")), (529, ("overloaded", True, "no")),
        (400, BAD_REQUEST), (405, BAD_REQUEST), (418, BAD_REQUEST), (422, BAD_REQUEST),
        (401, ("bad_key", False, "no")), (403, ("forbidden", False, "no")), (407, ("connection_failed", True, "no")),
    ],
)  # fmt: skip
def test_i39_to_i44_n10_to_n12_n15_n17_to_n19_what_a_status_means(
    line: Line, status: int, expected: Any
) -> None:
    found = line.fail(error(status, "Hm."))

    assert facts(found) == expected
    assert found.http_status == status


@pytest.mark.parametrize(
    ("status", "message"),
    [(413, "No."), (400, "Request body too large"), (404, "The request exceeds the maximum size of 10 MB")],
)
def test_i40_too_large_tells_our_size_and_what_to_do(line: Line, status: int, message: str) -> None:
    found = line.fail(error(status, message), messages=[{"role": "user", "content": "x" * 5000}])

    assert found.code == "too_large"
    assert found.message.startswith(
        "The request (5 kB) is too large for the endpoint; lower the picture size."
    )


def test_i41_a_422_names_its_field(line: Line) -> None:
    found = line.fail(reply(422, {"detail": [{"loc": ["body", "messages", 0], "msg": "Field required"}]}))

    assert facts(found) == BAD_REQUEST
    assert found.param == "messages.0"
    assert "body.messages.0: Field required" in found.message


@pytest.mark.parametrize("status", [401, 403])
def test_i44_a_refused_key_pauses_the_endpoint(line: Line, status: int) -> None:
    assert line.fail(error(status, "No.")).pauses


def test_i44_a_bad_key_is_known_by_its_words_too(line: Line) -> None:
    assert line.fail(error(400, "API key not valid. Please pass a valid API key.")).code == "bad_key"


def test_i45_a_filter_names_its_categories(line: Line) -> None:
    found_in = {"hate": {"filtered": False}, "violence": {"filtered": True, "severity": "high"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found_in}
    body = {
        "error": {"message": "Filtered.", "code": "content_filter", "param": "prompt", "innererror": inner}
    }

    found = line.fail(reply(400, body))
    assert facts(found) == ("content_filtered", False, "no")
    assert "(violence)" in found.message


@pytest.mark.parametrize("status", [400, 403])
def test_i45_a_filter_is_known_by_its_words(line: Line, status: int) -> None:
    assert line.fail(error(status, "Your input was flagged by moderation.")).code == "content_filtered"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Too long.", "context_length_exceeded"),
        ("This model's maximum context length is 8192 tokens, however you requested 9001 tokens.", None),
        ("prompt is too long: 201000 tokens > 200000 maximum", None),
        ("'max_tokens' is too large: 9000. This model's maximum context length is 8192 tokens", None),
        ("the request exceeds the available context size", "exceed_context_size_error"),
    ],
)
def test_i46_more_than_the_model_can_read(line: Line, message: str, code: str | None) -> None:
    found = line.fail(error(400, message, code, param="messages"))

    assert facts(found) == ("context_too_long", False, "no")
    assert message in found.message


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("Bad.", "invalid_image_format", None),
        ("Error while downloading https://x.example/a.jpg.", "invalid_value", "url"),
        ("Could not process image", None, None),
        ("Unsupported image type image/tiff: image format is not supported", None, None),
        ("Invalid value.", "invalid_value", "messages.[0].content.[1].image_url"),
        ("image exceeds 5 MB maximum: 5316852 bytes > 5242880 bytes", None, None),
    ],
)
def test_i47_a_picture_the_endpoint_cannot_use(
    line: Line, message: str, code: str | None, param: str | None
) -> None:
    found = line.fail(error(400, message, code, param=param))

    assert facts(found) == IMAGE
    assert "cannot see" not in found.message


def test_i47_a_picture_too_large_says_what_to_do(line: Line) -> None:
    assert "lower the picture size" in line.fail(error(400, "image exceeds 5 MB maximum")).message


@pytest.mark.parametrize(
    "message",
    ['model "llava" not found, try pulling it first', "The model `x` does not exist", "model: claude-9"],
)
def test_i48_an_unknown_model(line: Line, message: str) -> None:
    assert facts(line.fail(error(404, message))) == MODEL


@pytest.mark.parametrize(
    "body", ["", {"detail": "Not Found"}, "<html><title>404 the model page</title></html>"]
)
def test_i48_an_unknown_path(line: Line, body: Any) -> None:
    found = line.fail(reply(404, body))

    assert facts(found) == BAD_REQUEST
    assert found.message.startswith("The endpoint has no such address; check its base URL.")


@pytest.mark.parametrize(("told", "retry"), [("true", True), ("false", False)])
@pytest.mark.parametrize("status", [400, 429, 500])
def test_i49_should_retry_is_obeyed(line: Line, told: str, retry: bool, status: int) -> None:
    assert line.fail(error(status, "Hm.", headers={"x-should-retry": told})).retryable is retry


def test_i49_a_paid_reply_is_never_asked_again(line: Line) -> None:
    assert not line.fail(reply(200, completion(None), {"x-should-retry": "true"})).retryable


@pytest.mark.parametrize("name", ["x-request-id", "request-id", "X-Oneapi-Request-Id"])
def test_i49_the_request_id_is_kept(line: Line, name: str) -> None:
    headers = {"x-request-id": "", name: "req-7"}

    assert line.fail(error(500, "Hm.", headers=headers)).request_id == "req-7"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_n28_a_redirect_is_told_and_not_followed(line: Line, status: int) -> None:
    found = line.fail(redirect("https://me:pw@new.example/v1?key=1", status))

    assert facts(found) == ("redirected", False, "no")
    assert "(https://new.example/v1); set the base URL to it." in found.message
    assert len(line.endpoint.calls) == 1


def test_r06_words_are_short_and_without_markup_keys_and_pictures(line: Line) -> None:
    words = (
        f"<b>Bad</b> key {KEY} or sk-other-key-12345678 with data:image/png;base64,{'A' * 400} "
        + "and so on " * 200
    )
    found = line.fail(error(500, words))

    assert found.words.startswith("Bad key [key] or [key] with [picture] and so on")
    assert len(found.words) <= 500
    assert KEY not in f"{found!r} {found} {found.message} {vars(found)}"


def test_r10_the_key_is_taken_out_of_answers_too(line: Line) -> None:
    found = line.ask(reply(200, completion(f"Your key is {KEY}.")))

    assert found.completion.choices[0].content == "Your key is [key]."
    assert KEY not in str(found)


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_models_fail_with_the_same_errors(line: Line, status: int) -> None:
    line.endpoint.models_step = html(status) if status == 200 else error(status, "No.")
    expected = {200: "bad_answer", 401: "bad_key", 404: "bad_request", 500: "endpoint_error"}

    with pytest.raises(ChatError) as caught:
        line.client.models(line.target)
    assert caught.value.code == expected[status]
