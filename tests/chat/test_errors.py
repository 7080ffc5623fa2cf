"""The tree of errors, and that nothing below it is left without a place."""

import inspect
import ssl
from typing import Any

import pytest
import requests.exceptions
import urllib3.exceptions

from describer.chat import errors
from describer.chat.errors import ChatError, Evidence
from describer.chat.transport_errors import RAISED, TABLE, transport_error

CODES = {
    "out_of_handles": (True, "no"),
    "connection_failed": (True, "no"), "connection_lost": (True, "unknown"), "timeout": (True, "unknown"),
    "rate_limited": (True, "no"), "overloaded": (True, "no"), "endpoint_error": (True, "unknown"),
    "no_credit": (False, "no"), "bad_key": (False, "no"), "forbidden": (False, "no"),
    "model_not_found": (False, "no"), "unsupported_parameter": (False, "no"), "context_too_long": (False, "no"),
    "image_rejected": (False, "no"), "too_large": (False, "no"), "too_many_images": (False, "no"), "content_filtered": (False, "no"),
    "bad_request": (False, "no"), "bad_answer": (False, "unknown"), "empty_answer": (False, "yes"),
    "redirected": (False, "no"), "stream_cut": (False, "unknown"),
}  # fmt: skip


def kinds() -> dict[str, type[ChatError]]:
    found = [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, ChatError) and one.code
    ]
    assert len(found) == len({one.code for one in found})
    return {one.code: one for one in found}


def test_each_code_has_one_class_with_its_retry_and_billed() -> None:
    assert {code: (kind().retryable, kind().billed) for code, kind in kinds().items()} == CODES


def test_the_tree_is_drawn_in_the_docstring() -> None:
    drawn = errors.__doc__ or ""

    for code, kind in kinds().items():
        assert kind.__name__ in drawn and code in drawn


def test_only_what_an_admin_must_mend_pauses() -> None:
    assert {code for code, kind in kinds().items() if kind.pauses} == {"bad_key", "forbidden", "no_credit"}


@pytest.mark.parametrize("code", CODES)
def test_r06_no_message_is_empty_and_no_code_stands_alone(code: str) -> None:
    error = kinds()[code](evidence=Evidence(words="Their words."))

    assert len(kinds()[code]().message) > 20
    assert error.message.endswith("The endpoint said: Their words.")
    assert code in str(error)


def test_an_error_can_be_made_of_single_facts() -> None:
    error = errors.RateLimited(retry_after=9.5, words="Slow down.")

    assert (error.retry_after, error.words, error.retryable) == (9.5, "Slow down.", True)


def of(module: Any) -> list[type[BaseException]]:
    found = [one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, Exception)]
    return [one for one in found if not issubclass(one, Warning) and one.__module__ == module.__name__]


@pytest.mark.parametrize("kind", [*of(requests.exceptions), *of(urllib3.exceptions)])
def test_each_exception_of_requests_and_urllib3_has_a_place(kind: type[BaseException]) -> None:
    assert issubclass(kind, RAISED)
    raised = kind.__new__(kind)
    raised.args = ()

    assert isinstance(transport_error(raised, "host:1"), ChatError)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("NameResolutionError", "connection_failed"), ("NewConnectionError", "connection_failed"),
        ("ConnectTimeoutError", "connection_failed"), ("ProxyError", "connection_failed"),
        ("SSLError", "connection_failed"), ("ReadTimeoutError", "timeout"), ("ProtocolError", "connection_lost"),
        ("IncompleteRead", "connection_lost"), ("DecodeError", "bad_answer"), ("LocationParseError", "connection_failed"),
        ("InvalidHeader", "bad_key"), ("InvalidChunkLength", "connection_lost"),
    ],
)  # fmt: skip
def test_n_the_place_is_the_right_one(kind: str, code: str) -> None:
    raised = getattr(urllib3.exceptions, kind)
    wrapped = requests.exceptions.ConnectionError(raised.__new__(raised))

    assert transport_error(wrapped, "host:1").code == code


def test_n02_n04_before_a_byte_left_nothing_was_paid() -> None:
    for raised in (ConnectionResetError(), TimeoutError(), urllib3.exceptions.ProtocolError("x")):
        assert transport_error(raised, "host:1", sent=False).code == "connection_failed"
        assert transport_error(raised, "host:1", sent=True).billed == "unknown"


def test_a_tls_fault_after_bytes_left_is_a_lost_connection() -> None:
    raised = requests.exceptions.SSLError(ssl.SSLError(1, "unexpected eof"))

    assert transport_error(raised, "host:1", sent=True).code == "connection_lost"


def test_the_table_names_no_type_twice() -> None:
    named = [kind for kinds, _ in TABLE[:-1] for kind in kinds]

    assert len(named) == len(set(named))
