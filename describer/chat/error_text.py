"""The endpoint's own words about an error, out of the many shapes they come in, fit to be shown and kept."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from describer.lib.lenient_json import as_count, as_dict, as_list, as_text, loads
from describer.lib.limits import ERROR_CHARACTERS
from describer.lib.masks import masked

_LONGEST = 500
_LONGEST_CODE = 100
_MESSAGE_NAMES = (
    "message", "detail", "msg", "error_description", "error_message", "error_msg", "errors", "title",
    "status_msg", "Message", "err_msg", "errmsg", "faultstring", "errorMessage",
)  # fmt: skip
_CODE_NAMES = ("code", "status_code", "error_code", "err_code", "errcode", "Code", "errorCode")
_FINE_CODES = ("", "0", "200", "ok", "success", "succeeded", "normal")
_DEEPEST = 4  # dicts below each other that are looked through for words

_DATA_URL = re.compile(r"data:[a-z]{1,40}/[a-z0-9.+-]{1,80};base64,[A-Za-z0-9+/=_-]*", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{160,}")
_SECRET = re.compile(r"\b(?:sk|key|pk|rk)-[A-Za-z0-9_*.-]{8,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}")
_TAG = re.compile(r"<[/!]?[A-Za-z][^<>]{0,400}>|<!--[^<>]{0,400}-->")
_PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_WAIT = re.compile(
    r"(?:retry|try again) (?:in|after) (?:(\d{1,3})h)?(?:(\d{1,3})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?) ?(ms|s(?:ec(?:ond)?s?)?)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ErrorText:
    """An error as the endpoint put it.

    `status` is the HTTP status that its body names, None without one; of a web page `message` is the title.
    """

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""
    status: int | None = None
    categories: tuple[str, ...] = ()
    is_page: bool = False

    def __post_init__(self) -> None:
        """Cut the message before any pattern reads it."""
        object.__setattr__(self, "message", self.message[:ERROR_CHARACTERS])


def error_in(body: Any, *, failed: bool) -> ErrorText | None:
    """Return the error that a JSON body holds, None where it holds none.

    `failed` says that the HTTP status was no 2xx: then a lone "message" or "detail" is an error too.
    """
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if isinstance(body, str) and failed:
        return ErrorText(message=body)
    if not isinstance(body, dict):
        return None
    if body.get("error"):
        return _inner(body["error"], body)
    if failed or _flat_error(body):
        return _flat(body)
    for choice in as_list(body.get("choices")):
        if as_dict(choice).get("error"):
            return _inner(choice["error"], {})
    return _hidden_error(body)


def _hidden_error(body: Mapping[str, Any], depth: int = 1) -> ErrorText | None:
    """Look below for an error in a provider's own wrapping: words beside a code that does not say that all is well."""
    for name, below in body.items():
        if name in ("choices", "usage") or not isinstance(below, dict):
            continue
        if _code_of(below).lower() not in _FINE_CODES and _message_of(below):
            return _flat(below)
        if depth < _DEEPEST and (found := _hidden_error(below, depth + 1)):
            return found
    return None


def _code_of(error: Mapping[str, Any]) -> str:
    """Return an error's own code as text, whatever it is called."""
    for name in _CODE_NAMES:
        value = error.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:_LONGEST_CODE]
    return ""


def _flat_error(body: Mapping[str, Any]) -> bool:
    """Tell whether a body is an error by its own label, or by a message with a status and no choices."""
    if "error" in (body.get("object"), body.get("type")):
        return True
    if body.get("choices") or not _message_of(body):
        return False
    status = _status_in(body.get("code")) or _status_in(body.get("status"))
    return status is not None or body.get("success") is False or _code_of(body).lower() not in _FINE_CODES


def _inner(error: Any, body: Mapping[str, Any]) -> ErrorText:
    """Read {"error": {...}} and {"error": "text"}; what a text lacks is looked for beside it."""
    if not isinstance(error, dict):
        return _error_beside(error, body)
    outer = _flat(error)
    nested = _nested_error(outer.message)
    if nested is None:
        return outer
    return replace(nested, status=nested.status or outer.status, param=nested.param or outer.param)


def _error_beside(error: Any, body: Mapping[str, Any]) -> ErrorText:
    beside = _flat({key: value for key, value in body.items() if key != "error"})
    if not isinstance(error, str):
        return beside
    sentences = filter(None, (error.rstrip(". "), beside.message))
    return replace(beside, message=". ".join(sentences) or error)


def _nested_error(message: str) -> ErrorText | None:
    """Read a message that is itself a body: gateways hand on that of the server behind them as their text."""
    begin, end = message.find("{"), message.rfind("}") + 1
    if begin < 0 or end <= begin:
        return None
    try:
        body = as_dict(loads(message[begin:end]))
    except ValueError:
        return None
    error = body.get("error", body)
    if isinstance(error, dict) and _message_of(error):
        return _flat(error)
    return None


def _flat(error: Mapping[str, Any]) -> ErrorText:
    code, status = "", _status_in(error.get("code"))
    if status is None:
        code = _code_of(error)
        status = _status_in(error.get("status"))
    metadata = as_dict(error.get("metadata"))
    message = _message_of(error)
    if raw := as_text(metadata.get("raw"), ERROR_CHARACTERS):
        message = f"{message}: {raw}"
    reasons = tuple(as_text(reason, 40) for reason in as_list(metadata.get("reasons"))[:9])
    return ErrorText(
        message=message,
        code=code,
        type=as_text(error.get("type"), _LONGEST_CODE) or as_text(error.get("status"), _LONGEST_CODE),
        param=as_text(error.get("param"), _LONGEST_CODE) or _place_below(error),
        status=status,
        categories=_categories_in(error) or reasons,
    )


def _message_of(error: Mapping[str, Any]) -> str:
    for name in _MESSAGE_NAMES:
        if text := _flattened(error.get(name)):
            return text
    return ""


def _flattened(value: Any, depth: int = 1) -> str:
    """Return a text as it is, and a list of {"loc": [...], "msg": ...} as "field: message"."""
    if isinstance(value, str):
        return value[:ERROR_CHARACTERS]
    if depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        return _flattened_detail(value, depth)
    return "; ".join(filter(None, (_flattened(entry, depth + 1) for entry in as_list(value)[:10])))


def _flattened_detail(detail: Mapping[str, Any], depth: int) -> str:
    """Write {"loc": [...], "msg": ...} as "field: message"; without words, its type stands for them, or what lies below."""
    texts: list[str] = [
        detail[name] for name in ("msg", "message", "error") if isinstance(detail.get(name), str)
    ]
    steps = _location_of(detail)
    if not texts and steps:
        texts = [as_text(detail.get("type"), _LONGEST_CODE)]
    if not texts:
        below = (_flattened(detail.get(name), depth + 1) for name in (*_MESSAGE_NAMES, "error"))
        return next(filter(None, below), "")
    place = ".".join(steps)
    if not place or not texts[0]:
        return texts[0]
    return f"{place}: {texts[0]}"


def _location_of(detail: Mapping[str, Any]) -> list[str]:
    return [as_text(step, 60) for step in as_list(detail.get("loc"))]


def _place_in(detail: Any) -> str:
    """Return the field that the first entry of a list of details names, without the leading "body"."""
    if not as_list(detail):
        return ""
    steps = _location_of(as_dict(detail[0]))
    if steps[:1] == ["body"]:
        del steps[0]
    return ".".join(steps)


def _place_below(error: Mapping[str, Any]) -> str:
    """Return the field that a list of details names, also where the list lies within the message."""
    for details in (error.get("detail"), as_dict(error.get("message")).get("detail"), error.get("errors")):
        if place := _place_in(details):
            return place
    return ""


def _status_in(value: Any) -> int | None:
    number = as_count(value)
    if number is None or not 400 <= number <= 599:
        return None
    return number


def _categories_in(error: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the categories that a filter of Azure's kind marks as filtered."""
    below = as_dict(error.get("innererror"))
    result = as_dict(below.get("content_filter_result") or error.get("content_filter_result"))
    return tuple(name[:40] for name, verdict in result.items() if as_dict(verdict).get("filtered") is True)


def clean_words(text: str, key: str = "") -> str:
    """Return at most 500 characters on one line: no markup, key or picture; of a web page only the title."""
    text = masked(text, key)[:ERROR_CHARACTERS]
    if _PAGE.match(text):
        text = _title_of(text)
    text = _BASE64.sub("[...]", _SECRET.sub("[key]", _DATA_URL.sub("[picture]", text)))
    text = html.unescape(_TAG.sub(" ", text))
    text = masked(_on_one_line(_TAG.sub(" ", text)), key)
    if not any(map(str.isalnum, text)):
        return ""
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 3].rstrip() + "..."
    return text


def _title_of(page: str) -> str:
    title = _TITLE.search(page)
    return title[1] if title else ""


def _on_one_line(text: str) -> str:
    letters = (letter if letter.isprintable() else " " for letter in text)
    return " ".join("".join(letters).split())


def is_page(text: str) -> bool:
    return bool(_PAGE.match(text[:ERROR_CHARACTERS]))


def phrase(status: int) -> str:
    """Put a status in words: "Bad gateway (502)."."""
    try:
        return f"{HTTPStatus(status).phrase.capitalize()} ({status})."
    except ValueError:
        return f"Status {status}."


def wait_in(text: str) -> float | None:
    """Return the seconds that a sentence like "try again in 1m2.5s" names."""
    match = _WAIT.search(text[:ERROR_CHARACTERS])
    if not match:
        return None
    hours, minutes, seconds, unit = match.groups()
    last = float(seconds or 0)
    if unit and unit.lower() == "ms":
        last /= 1000
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + last or None
