"""Ids of cases in the names of tests mean something: docs/cases.md and the tests name the same ones.

An id is named by a test function whose name begins with it, or with several: `test_u44_...`, `test_i26_n23_n24_...`;
`test_p02_to_p05_...` names all from P02 to P05. Ids in parameters and in texts name nothing.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
CASE = re.compile(r"(f?[a-z])(\d{1,2})([a-z]?)")
NAMED = re.compile(rf"test((?:_to)?_{CASE.pattern})+(?=_)")


def listed():
    return re.findall(r"^\| (F?[A-Z]\d{2}[A-Z]?) \|", PAGE, re.MULTILINE)


def names_of_tests():
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield node.name


def cases_of(name):
    beginning = NAMED.match(name)
    found, last = set(), 0
    for match in CASE.finditer(beginning[0], len("test_")) if beginning else ():
        family, number, more = match[1].upper(), int(match[2]), match[3].upper()
        first = last + 1 if name[: match.start()].endswith("_to_") else number
        found |= {f"{family}{one:02}{more}" for one in range(first, number + 1)}
        last = number
    return found


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("test_u44_a_file", {"U44"}),
        ("test_x1_x02_a_page", {"X01", "X02"}),
        ("test_u24t_a_long_page", {"U24T"}),
        ("test_fe08_ff1_a_fault_found_from_outside", {"FE08", "FF01"}),
        ("test_p02_to_p05_n08_what_was_killed", {"P02", "P03", "P04", "P05", "N08"}),
        ("test_500_is_a_page", set()),
        ("test_a_page_of_u44_is_none", set()),
    ],
)
def test_a_case_is_named_at_the_beginning(name, cases):
    assert cases_of(name) == cases


def test_each_case_stands_once_in_the_page():
    assert [case for case, times in Counter(listed()).items() if times > 1] == []


def test_each_case_of_the_page_has_a_test_and_each_of_a_test_stands_in_the_page():
    named = {case for name in names_of_tests() for case in cases_of(name)}
    assert len(named) > 300
    assert named == set(listed())


def test_each_case_that_the_page_on_security_names_is_listed():
    security = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    threats = re.findall(r"^\| .* \| ([^|]+) \|$", security, re.MULTILINE)[2:]
    named = {case for cell in threats for case in cell.split(", ")}
    assert len(threats) > 15 and len(named) > 40
    assert named <= set(listed())
