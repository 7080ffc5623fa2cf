"""The receiver's ten lines in docs/webhooks.md tell what is ours from what is not."""

import re
import time
from pathlib import Path

import pytest

from describer.webhooks import signature

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
SECRET, BODY = "whsec_tests", b'{"event": "webhook.test"}'


@pytest.fixture(scope="module")
def is_genuine():
    (lines,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(lines.splitlines()) <= 10
    names: dict = {}
    exec(lines, names)
    return names["is_genuine"]


def test_ours_is_genuine(is_genuine):
    assert is_genuine(SECRET, signature(SECRET, BODY, int(time.time())), BODY)


@pytest.mark.parametrize(
    ("secret", "body", "age"),
    [("whsec_other", BODY, 0), (SECRET, BODY + b" ", 0), (SECRET, BODY, 400), (SECRET, BODY, -400)],
    ids=["another's secret", "another body", "an old one", "one of the future"],
)
def test_all_else_is_not(secret, body, age, is_genuine):
    assert not is_genuine(SECRET, signature(secret, BODY, int(time.time()) - age), body)


def test_a_time_that_was_put_in_later_is_not(is_genuine):
    now = int(time.time())
    old = signature(SECRET, BODY, now - 4000)
    assert not is_genuine(SECRET, old.replace(f"t={now - 4000}", f"t={now}"), BODY)


def test_a_delivery_passes_it(is_genuine, webhook, postman, receiver, alice, sandbox):
    webhook.test()
    postman.deliver()
    (call,) = receiver.calls
    assert is_genuine(webhook.secret, call.headers["x-describer-signature"], call.raw)
