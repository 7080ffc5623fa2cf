"""Exports: exactly what a list holds, in bounded memory, safe to open."""

import csv
import gc
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.desk.csv_export import COLUMNS
from describer.desk.exports import PIECE, under_way
from describer.lib.csv_cells import escape_formula
from describer.models import Choice, Description
from tests.api.conftest import ROUTE, picture
from tests.api.test_errors import fault
from tests.rows import make_attempt, make_description

LINES, TABLE = f"{ROUTE}.jsonl", f"{ROUTE}.csv"
BOTH = [LINES, TABLE]
ROUTES = (Path(__file__).parents[2] / "docs" / "routes.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def none_left():
    """Every export of a test is read to its end, so that none counts in the next one."""
    yield
    assert dict(under_way) == {}


def text_of(reply):
    assert reply.status_code == 200
    return b"".join(reply.streaming_content).decode()


def table(script, **query):
    return list(csv.DictReader(io.StringIO(text_of(script.get(TABLE, **query)), newline="")))


def test_fa04_an_export_holds_the_answers_text_and_json_what_came_beside_it(script, alice):
    make_description(alice, "<think>hm</think><|begin_of_box|>Two boats.<|end_of_box|>")
    assert table(script)[0]["answer"] == "Two boats."
    (choice,) = json.loads(text_of(script.get(LINES)))["choices"]
    assert choice["text"] == "Two boats." and choice["content"].startswith("<think>")


def ids(script, path, **query):
    if path == TABLE:
        return [int(row["id"]) for row in table(script, **query)]
    return [json.loads(line)["id"] for line in text_of(script.get(path, **query)).splitlines()]


@pytest.fixture
def answered(script):
    """A description with a picture and a link, two choices and two attempts."""
    link = "https://pictures.example/boat.jpg"
    fields = {"image": picture("cat;1.png"), "image_url": link, "temperature": "0.5", "stop": "ende™"}
    row = Description.objects.get(pk=script.post(question='What,\n"is" it?', **fields).json()["id"])
    Choice.objects.create(description=row, index=0, content="A cat, é.", finish_reason="stop")
    Choice.objects.create(description=row, index=1, content="A dog.", finish_reason="stop")
    make_attempt(row, state="refused", error_code="overloaded", error_message="Busy.")
    counts = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    make_attempt(row, state="answered", cost=Decimal("0.0000001"), **counts)
    Description.objects.filter(pk=row.pk).update(status="done")
    return row


def test_json_lines_are_exactly_the_json_of_a_description(script, answered):
    make_description(script.user, status="failed", error_code="timeout", error_message="Slow.")
    reply = script.get(LINES)
    assert reply["Content-Type"] == "application/x-ndjson"
    one_by_one = [script.get(f"{ROUTE}/{pk}").content.decode() for pk in (answered.pk + 1, answered.pk)]
    assert text_of(reply).splitlines() == one_by_one


def test_csv_has_a_row_for_each_description(script, answered):
    reply = script.get(TABLE)
    assert reply["Content-Type"] == "text/csv; charset=utf-8"
    assert reply["Content-Disposition"] == 'attachment; filename="descriptions.csv"'
    text_of(reply)
    body = script.get(f"{ROUTE}/{answered.pk}").json()
    [row] = table(script)
    same = ("created_at", "owner", "via", "endpoint", "model", "question", "status", "cost")
    assert {name: row[name] for name in same} == {name: body[name] for name in same}
    assert (row["id"], row["key"], row["attempts"]) == (str(answered.pk), str(script.key.pk), "2")
    assert (row["answer"], json.loads(row["more_answers"])) == ("A cat, é.", ["A dog."])
    assert row["images"] == "cat;1.png; https://pictures.example/boat.jpg"
    assert json.loads(row["parameters"]) == {"temperature": 0.5, "stop": "ende™"}
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == ("9", "12", "21")
    assert (row["estimated"], row["finish_reason"], row["cost"]) == ("false", "stop", "0.0000001")
    assert (row["error_code"], row["started_at"], row["refusal"]) == ("", "", "")


def test_the_columns_are_those_of_the_documentation(script):
    documented = re.findall(r"^\| `(\w+)`", ROUTES.partition("### Columns")[2], re.MULTILINE)
    assert documented == list(COLUMNS) == text_of(script.get(TABLE)).strip().strip('"').split('","')


FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '"=1', "'=1", ' " =1', "\tx", "\rx"),
    *("＝1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0"),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_x24_a_formula_is_led_by_an_apostrophe_and_json_lines_stay_exact(script, text):
    row = make_description(script.user, status="done", question=text, system_prompt=text, model=text)
    Choice.objects.create(description=row, index=0, content=text, refusal=text, finish_reason=text)
    [cells] = table(script)
    names = ("question", "system_prompt", "model", "answer", "refusal", "finish_reason")
    assert [cells[name] for name in names] == [f"'{text}"] * 6
    line = json.loads(text_of(script.get(LINES)))
    assert (line["question"], line["choices"][0]["content"]) == (text, text)


UNSEEN = ["\ufeff", "\u200b", "\u200e", "\u202e", "\u2066", "\xad", "\xa0", "\u3000", "\u2060", "\u180e", "\u0301", "\x1f", "\u2800", "\u3164", "\U000e0001"]  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_fe12_what_is_not_seen_hides_no_formula(script, unseen):
    for text in (f"{unseen}=1+1", f" {unseen}{unseen}'@SUM(A1)", f"{unseen}\t-1"):
        assert escape_formula(text) == f"'{text}"
    make_description(script.user, status="done", question=f"{unseen}=1+1", system_prompt=f"{unseen}a = 1")
    [cells] = table(script)
    assert (cells["question"], cells["system_prompt"]) == (f"'{unseen}=1+1", f"{unseen}a = 1")


@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n"])
@pytest.mark.parametrize(
    "formula", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "\ufeff=1+1;", '"=HYPERLINK(1)"', "=1&"]
)
def test_fe12_read_with_another_separator_no_cell_is_a_formula(script, separator, formula):
    make_description(script.user, status="done", question=f"a{separator}{formula}{separator}b", model="m")
    text = text_of(script.get(TABLE))
    for delimiter in (";", "\t", ","):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
            seen = [cell.strip(' "\ufeff') for line in lines for cell in line]
            assert not [cell for cell in seen if cell.startswith(("=", "@", "+"))]


def test_fe12_every_cell_is_quoted(script):
    make_description(script.user, status="done", question="a;b")
    for line in text_of(script.get(TABLE)).splitlines():
        assert re.fullmatch(r'"[^"]*"(,"[^"]*")*', line)


def test_fe12_lists_rulers_and_numbers_within_a_text_stay(script):
    text = "Sum:\n- 12.50\n+ 20.00\n---\n-3; +4\n- item\n1 - 1 = 0; a = b"
    make_description(script.user, status="done", question=text)
    assert table(script)[0]["question"] == text


def test_x24_numbers_of_ours_and_harmless_texts_stay_as_they_are(script):
    row = make_description(script.user, status="done", question="2 - 1 = 1", system_prompt="'quoted'")
    make_attempt(row, state="answered", cost=Decimal("-0.5"), total_tokens=3)
    [cells] = table(script)
    assert (cells["cost"], cells["question"], cells["system_prompt"]) == ("-0.5", "2 - 1 = 1", "'quoted'")


@pytest.mark.parametrize("path", BOTH)
def test_x3_an_export_holds_only_ones_own(script, stranger, admin_script, path):
    hers, his = make_description(script.user).pk, make_description(stranger.user).pk
    assert ids(script, path, user="") == ids(script, path) == [hers]
    assert ids(stranger, path, user="alice") == []
    assert ids(admin_script, path) == []
    assert ids(admin_script, path, user="") == [his, hers]
    assert ids(admin_script, path, user="alice") == [hers]


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    "query",
    [
        {"status": "failed"},
        {"status": "open"},
        {"model": "other"},
        {"via": "batch"},
        {"from": "2030-01-01"},
        {},
    ],
)
def test_an_export_has_the_filters_of_a_list(script, path, query):
    for values in ({}, {"status": "failed"}, {"model": "other"}, {"via": "batch"}, {"status": "running"}):
        make_description(script.user, **values)
    listed = [item["id"] for item in script.get(ROUTE, **query).json()["items"]]
    assert ids(script, path, **query) == listed


@pytest.mark.parametrize("path", BOTH)
def test_a_long_export_comes_in_pieces_and_goes_on_where_it_broke_off(script, path):
    numbers = [make_description(script.user).pk for _ in range(2 * PIECE + 3)][::-1]
    reply = script.get(path)
    parts = [part for part in reply.streaming_content if part]
    assert len(parts) == 3
    assert ids(script, path) == numbers
    assert ids(script, path, cursor=numbers[PIECE + 10]) == numbers[PIECE + 11 :]


def test_a_piece_takes_as_many_statements_as_any_other(script):
    for _ in range(2 * PIECE):
        make_attempt(make_description(script.user, status="done"), state="answered")
    parts = iter(script.get(LINES).streaming_content)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            next(parts)
        counts.append(len(queries))
    assert not list(parts)
    assert counts[0] == 0  # the first was made with the reply's head
    assert counts[1] <= 6
    assert not [one for one in queries if "OFFSET" in one["sql"] or "COUNT" in one["sql"]]


@pytest.mark.parametrize(("path", "empty"), [(LINES, 0), (TABLE, 1)])
def test_an_export_of_nothing_is_empty(script, path, empty):
    assert len(text_of(script.get(path)).splitlines()) == empty


def test_head_of_an_export_is_answered_without_its_body(script):
    for _ in range(PIECE + 1):
        make_description(script.user)
    reply = script.call("head", LINES)
    assert (reply.status_code, b"".join(reply.streaming_content)) == (200, b"")


@pytest.mark.parametrize("path", [*BOTH, f"{TABLE}/"])
def test_a_wrong_method_is_405_and_a_key_without_the_scope_read_403(script, path):
    reply = script.call("post", path)
    assert (fault(reply, 405)["code"], reply["Allow"]) == ("method_not_allowed", "GET, HEAD")
    script.key.scopes = ["ask"]
    script.key.save()
    assert fault(script.get(path), 403, "permission_error")["code"] == "permission_denied"


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(("name", "value"), [("status", "gone"), ("from", "x"), ("cursor", "-1")])
def test_a_wrong_filter_is_named(script, path, name, value):
    assert fault(script.get(path, **{name: value}), 400)["param"] == name


@pytest.mark.parametrize("path", BOTH)
def test_without_a_key_nothing_is_exported(client, alice, path):
    client.force_login(alice)
    fault(client.get(path), 401, "authentication_error")


def test_x28_one_person_has_so_many_exports_at_once_and_others_are_unharmed(script, stranger, settings):
    gc.collect()  # replies that earlier tests did not read to the end are given up
    settings.EXPORTS_PER_PERSON = 2
    for person in (script.user, stranger.user):
        make_description(person)
    open_ones = [script.get(LINES) for _ in range(2)]
    refused = script.get(TABLE)
    assert fault(refused, 429, "rate_limit_error")["code"] == "rate_limit_exceeded"
    assert int(refused["Retry-After"]) > 0
    assert ids(stranger, LINES)
    text_of(open_ones.pop())
    assert ids(script, LINES)
    text_of(open_ones.pop())
    assert dict(under_way) == {}


def test_a_fault_before_the_first_piece_is_told_by_its_status(script):
    gc.collect()

    def away(execute, sql, params, many, context):
        if "describer_attempt" in sql:
            raise RuntimeError("secret inside")
        return execute(sql, params, many, context)

    make_description(script.user, status="done")
    with connection.execute_wrapper(away):
        assert fault(script.get(LINES), 500, "server_error")["code"] == "internal_error"
    assert dict(under_way) == {}
