"""A line of the log: what it is about, one line whatever was logged, and no secret in it."""

import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured

from describer.lib.log_context import LogContextFilter, log_context, request_id
from vision_site.environment import env_choice
from vision_site.logs import JsonFormatter, LineFormatter

EVIL = "a\n2026-01-01 ERROR forged: b\r\u2028c\x1b\x7f"


def written(formatter, message="hello", level=logging.INFO, **values):
    """What the formatter makes of a record that passed the filter."""
    record = logging.LogRecord(
        "describer.engine.record", level, "f.py", 1, message, (), values.pop("exc_info", None)
    )
    vars(record).update(values)
    assert LogContextFilter().filter(record)
    return formatter.format(record)


@log_context(lambda number: number)
def run(number):
    return written(LineFormatter()), written(JsonFormatter())


def test_each_line_of_a_run_names_its_description():
    text, line = run(12)
    assert text.endswith("INFO describer.engine.record: description 12: hello")
    assert json.loads(line)["description"] == 12


def test_a_line_beside_the_runs_names_none():
    run(12)
    assert written(LineFormatter()).endswith("describer.engine.record: hello")
    assert set(json.loads(written(JsonFormatter()))) == {"time", "level", "logger", "message"}


def test_a_request_is_named_where_there_is_one():
    token = request_id.set("req_1")
    assert written(LineFormatter()).endswith("request req_1: hello")
    assert json.loads(written(JsonFormatter(), description=3)) | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "describer.engine.record",
        "message": "hello",
        "description": 3,
        "request": "req_1",
    }
    request_id.reset(token)


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_x30_whatever_is_logged_is_one_line(formatter):
    line = written(formatter, EVIL, request_id=EVIL)
    assert not set(line) & set("\n\r\u2028\x1b\x7f")
    if isinstance(formatter, JsonFormatter):
        assert (json.loads(line)["message"], json.loads(line)["request"]) == (EVIL, EVIL)


@pytest.mark.parametrize("kind", [LineFormatter, JsonFormatter])
def test_x29_no_secret_is_in_message_id_or_traceback(kind):
    try:
        raise ValueError("sk-secret")
    except ValueError as error:
        failure = (type(error), error, error.__traceback__)
    line = written(kind(["sk-secret"]), "a sk-secret", request_id="sk-secret", exc_info=failure)
    assert "sk-secret" not in line
    assert line.count("[secret]") >= 3
    assert "ValueError" in line


def test_a_format_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="write text or json"):
        env_choice("LOG_FORMAT", "text", "json")
    monkeypatch.setenv("LOG_FORMAT", "JSON")
    assert env_choice("LOG_FORMAT", "text", "json") == "json"
