"""The endpoint's own words about an error, out of the many shapes they come in, fit to be shown and kept."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from describer.lib.lenient_json import as_count, as_dict, as_list, as_text, loads

LONGEST = 500
LONGEST_CODE = 100
SHORTEST_KEY = 8
READ_AT_MOST = 20_000

DATA_URL = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=_-]*", re.IGNORECASE)
BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{160,}")
SECRET = re.compile(r"\b(?:sk|key|pk|rk)-[A-Za-z0-9_*.-]{8,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}")
TAG = re.compile(r"<[/!]?[A-Za-z][^<>]{0,400}>|<!--[^<>]{0,400}-->")
PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
WAIT = re.compile(
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


def error_in(body: Any, *, failed: bool) -> ErrorText | None:
    """The error that a JSON body holds, None where it holds none.

    `failed` says that the HTTP status was no 2xx: then a lone "message" or "detail" is an error too.
    """
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if isinstance(body, str) and failed:
        return ErrorText(message=body)
    if not isinstance(body, dict):
        return None
    if body.get("error"):
        return inner(body["error"], body)
    if failed or flat_error(body):
        return flat(body)
    found = [one["error"] for one in as_list(body.get("choices")) if as_dict(one).get("error")]
    return inner(found[0], {}) if found else None


def flat_error(body: Mapping[str, Any]) -> bool:
    if "error" in (body.get("object"), body.get("type")):
        return True
    status = status_in(body.get("code")) or status_in(body.get("status"))
    return (
        not body.get("choices")
        and bool(message_of(body))
        and (status is not None or body.get("success") is False)
    )


def inner(error: Any, body: Mapping[str, Any]) -> ErrorText:
    """{"error": {...}} and {"error": "text"}; what the object lacks is looked for beside it."""
    if not isinstance(error, dict):
        beside = flat({key: value for key, value in body.items() if key != "error"})
        words = error if isinstance(error, str) else ""
        return replace(beside, message=". ".join(filter(None, (words.rstrip(". "), beside.message))) or words)
    said = flat(error)
    nested = nested_error(said.message)
    if nested is None:
        return said
    return replace(nested, status=nested.status or said.status, param=nested.param or said.param)


def nested_error(message: str) -> ErrorText | None:
    """Gateways hand on the body of the server behind them as the text of their own message."""
    if not (message.startswith("{") and message.rstrip().endswith("}")):
        return None
    try:
        found = as_dict(loads(message))
    except ValueError:
        return None
    told = found.get("error", found)
    return flat(told) if isinstance(told, dict) and message_of(told) else None


def flat(error: Mapping[str, Any]) -> ErrorText:
    code = error.get("code")
    metadata = as_dict(error.get("metadata"))
    message = message_of(error)
    if raw := as_text(metadata.get("raw"), READ_AT_MOST):
        message = f"{message}: {raw}"
    return ErrorText(
        message=message,
        code="" if status_in(code) else as_text(code, LONGEST_CODE),
        type=as_text(error.get("type"), LONGEST_CODE) or as_text(error.get("status"), LONGEST_CODE),
        param=as_text(error.get("param"), LONGEST_CODE) or place_in(error.get("detail")),
        status=status_in(code) or status_in(error.get("status")),
        categories=categories_in(error)
        or tuple(as_text(one, 40) for one in as_list(metadata.get("reasons"))[:9]),
    )


def message_of(error: Mapping[str, Any]) -> str:
    for name in (
        "message",
        "detail",
        "msg",
        "error_description",
        "error_message",
        "error_msg",
        "errors",
        "title",
    ):
        if text := flattened(error.get(name)):
            return text
    return ""


def flattened(value: Any) -> str:
    """Text as it is; a list of {"loc": [...], "msg": ...} as "field: message"."""
    if isinstance(value, str):
        return value[:READ_AT_MOST]
    if isinstance(value, dict):
        place = ".".join(as_text(one, 60) for one in as_list(value.get("loc")))
        text = next(
            (value[name] for name in ("msg", "message", "error") if isinstance(value.get(name), str)), ""
        )
        return f"{place}: {text}" if place and text else text
    return "; ".join(filter(None, (flattened(one) for one in as_list(value)[:10])))


def place_in(detail: Any) -> str:
    """The field that the first entry of a list of details names, without the leading "body"."""
    first = as_dict(as_list(detail)[0]) if as_list(detail) else {}
    place = [as_text(one, 60) for one in as_list(first.get("loc"))]
    return ".".join(place[1:] if place[:1] == ["body"] else place)


def status_in(value: Any) -> int | None:
    number = as_count(value)
    return number if number is not None and 400 <= number <= 599 else None


def categories_in(error: Mapping[str, Any]) -> tuple[str, ...]:
    """What a filter of Azure's kind found: the names of its categories that are marked filtered."""
    below = as_dict(error.get("innererror"))
    result = as_dict(below.get("content_filter_result") or error.get("content_filter_result"))
    return tuple(name[:40] for name, found in result.items() if as_dict(found).get("filtered") is True)


def clean_words(text: str, key: str = "") -> str:
    """At most 500 characters on one line: no markup, no key, no picture; of a web page only the title."""
    text = masked(text[:READ_AT_MOST], key)
    if PAGE.match(text):
        title = TITLE.search(text)
        text = title[1] if title else ""
    text = BASE64.sub("[...]", SECRET.sub("[key]", DATA_URL.sub("[picture]", text)))
    text = html.unescape(TAG.sub(" ", text))
    text = " ".join("".join(one if one.isprintable() else " " for one in TAG.sub(" ", text)).split())
    if not any(map(str.isalnum, text)):
        return ""
    return text if len(text) <= LONGEST else text[: LONGEST - 3].rstrip() + "..."


def masked(text: str, key: str) -> str:
    """The text without our key, should the endpoint have repeated it."""
    return text.replace(key, "[key]") if len(key) >= SHORTEST_KEY and key in text else text


def is_page(text: str) -> bool:
    return bool(PAGE.match(text))


def phrase(status: int) -> str:
    """A status in words: "Bad gateway (502)."."""
    try:
        return f"{HTTPStatus(status).phrase.capitalize()} ({status})."
    except ValueError:
        return f"Status {status}."


def wait_in(text: str) -> float | None:
    """The seconds that a sentence like "try again in 1m2.5s" names."""
    found = WAIT.search(text[:READ_AT_MOST])
    if not found:
        return None
    hours, minutes, seconds, unit = found.groups()
    last = float(seconds or 0) / (1000 if (unit or "").lower() == "ms" else 1)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + last or None
