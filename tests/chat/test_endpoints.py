"""docs/endpoints.md: each line of its tables, as a reply on a real socket."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.chat.conftest import Line
from tests.endpoint import reply

PAGE = (Path(__file__).parents[2] / "docs" / "endpoints.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([^|]+) \| (\d{3}) \| `(.+)` \| `(\w+)`(?:, ([^|]+))? \|$", re.MULTILINE)
ROWS = [row.groups() for row in ROW.finditer(PAGE)]
TEACHES: dict[str | None, dict[str, Any]] = {"sees none": {"blind": True}}


def test_every_line_of_the_tables_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| who")]
    assert len(lines) == len(ROWS) > 50


@pytest.mark.parametrize(("who", "status", "says", "code", "more"), ROWS)
def test_fb01_fb08_what_an_endpoint_says_is_taken_for_what_it_is(
    line: Line, who: str, status: str, says: str, code: str, more: str | None
) -> None:
    error = line.fail(reply(int(status), json.loads(says)), model="maker/vision-1")
    assert error.code == code
    assert error.pauses == (more == "pauses"), "it speaks of key or account"
    taught = {"images": int(more)} if more and more.isdecimal() else TEACHES.get(more, {})
    assert error.teaches == taught
    if code not in ("rate_limited", "endpoint_error"):
        assert not error.retryable and error.billed in ("no", "unknown")
    assert "endpoint said:" in error.message
