"""Each route gives each kind of caller what the table says, and no route is without a row there."""

from pathlib import Path

import pytest

from tests.access.callers import KINDS, all_calls, callers, filled, the_owner

TABLE = Path(__file__).with_name("table.txt").read_text(encoding="utf-8").splitlines()
ROWS = [line.split() for line in TABLE if not line.startswith("#")]


def test_each_route_has_its_row_for_each_kind_of_caller():
    assert TABLE[len(TABLE) - len(ROWS) - 1].split() == ["#", "call", *KINDS]
    assert [f"{method} {path}" for method, path, *_ in ROWS] == all_calls()
    assert {len(row) for row in ROWS} == {2 + len(KINDS)}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_caller_gets_of_each_route_what_the_table_says(sandbox):
    owner, numbers = the_owner()
    them = callers(owner)
    odd = {}
    for method, path, *said in ROWS:
        got = [one.got(method, filled(path, numbers)) for one in them.values()]
        if got != said:
            odd[f"{method} {path}"] = dict(zip(KINDS, zip(said, got, strict=True), strict=True))
    assert odd == {}
