"""`manage.py prices`: a file is shown before it changes anything, and what is exported can be imported."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from describer.ledger.price_rows import add_price
from describer.ledger.prices import prices
from describer.models import Price

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HEAD = "endpoint,model,state,input,cached_input,output,picture,request,from\n"
MAP = {
    "sample_spec": {"mode": "one of: chat, embedding", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
    "gpt-4o": {
        "mode": "chat",
        "input_cost_per_token": 2.5e-06,
        "cache_read_input_token_cost": 1.25e-06,
        "output_cost_per_token": 1e-05,
        "litellm_provider": "openai",
    },
    "plain": {"mode": "chat", "input_cost_per_token": "1.5e-7", "output_cost_per_token": 6e-07, "input_cost_per_image": 0.0025},
    "gift": {"mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0},
    "embedder": {"mode": "embedding", "input_cost_per_token": 1e-07},
    "odd": {"mode": "chat", "input_cost_per_token": "dear", "output_cost_per_token": True},
    "list": [],
}  # fmt: skip


def run(*arguments):
    out, err = StringIO(), StringIO()
    call_command("prices", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue().strip()


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "prices"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return written


def test_a_file_is_shown_first_and_written_when_it_is_told_to(file):
    path = file(
        HEAD + ",gpt-4o*,priced,2.5,1.25,10,,,2026-01-01\nown,*,free,,,,,,2026-01-01T12:00:00+02:00\n"
    )
    shown, told = run("import", path)
    assert shown.splitlines() == [
        "gpt-4o* (any endpoint) from 2026-01-01 00:00: new, input 2.5, cached_input 1.25, output 10",
        "* (own) from 2026-01-01 10:00: new, free",
    ]
    assert told == "2 new, 0 changed, 0 as they are. Nothing is written; --apply does it."
    assert not Price.objects.exists()
    assert run("import", path, "--apply")[1] == "2 new, 0 changed, 0 as they are. Done."
    assert prices.now().find("x", "gpt-4o-mini", NOON).output == 10
    assert {row.source for row in Price.objects.all()} == {"file"}
    assert run("import", path, "--apply") == ("", "0 new, 0 changed, 2 as they are. Done.")
    assert Price.objects.count() == 2


def test_what_changes_is_a_new_row(file):
    add_price(model="m", input=Decimal(1), begins=NOON)
    shown, told = run("import", file("model;input\nm;2\nn;\n".replace("n;\n", "n;3\n")), "--apply")
    assert [line.partition(": ")[2] for line in shown.splitlines()] == ["input 1 -> input 2", "new, input 3"]
    assert told == "1 new, 1 changed, 0 as they are. Done."
    assert Price.objects.filter(model="m").count() == 2


def test_what_is_exported_is_imported_elsewhere_to_the_last_digit(file):
    add_price(model="gpt-4o*", input=Decimal("2.500000000001"), begins=NOON)
    add_price(model="-odd", endpoint="own, sweet", request=Decimal("0.1"), begins=NOON)
    add_price(model="gpt-4o*", state="free", begins=NOON.replace(year=2027))
    exported, _ = run("export")
    held = [(row.key, row.amounts, row.state, row.begins) for row in Price.objects.all()]
    assert run("import", file(exported))[1] == "0 new, 0 changed, 3 as they are."
    Price.objects.all().delete()
    run("import", file("\ufeff" + exported), "--apply")
    assert [(row.key, row.amounts, row.state, row.begins) for row in Price.objects.all()] == held


def test_litellms_map_is_read_by_the_million(file):
    shown, told = run("import", file(json.dumps(MAP, indent=1)), "--apply")
    assert told == "3 new, 0 changed, 0 as they are, 4 passed over (no chat, or no price of tokens). Done."
    found = {row.model: row for row in Price.objects.all()}
    assert set(found) == {"gpt-4o", "plain", "gift"}
    whole, plain = found["gpt-4o"], found["plain"]
    assert (whole.input, whole.cached_input, whole.output) == (Decimal("2.5"), Decimal("1.25"), 10)
    assert (plain.input, plain.cached_input, plain.output, plain.picture) == (
        Decimal("0.15"),
        Decimal("0.15"),
        Decimal("0.6"),
        Decimal("0.0025"),
    )
    assert (found["gift"].state, whole.source) == ("free", "map")
    assert "new, free" in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither a JSON object nor a CSV"),
        ("name,price\na,1\n", "neither a JSON object nor a CSV"),
        ("{", "no JSON"),
        ("model,input\nm,dear\n", "Line 2: an amount is no number"),
        ("model,input\nm,-1\n", "Line 2: input:"),
        ("model,input\nm,1,2\n", "Line 2: it has more cells"),
        ("model,from\nm,soon\n", "Line 2: 'soon' is no time"),
        ("model,from\nm,2026-02-31\n", "Line 2: day is out of range"),
        ("model,endpoint\nm,sandbox\n", "Line 2: endpoint: The sandbox never costs"),
        (b"model\n\xff\n", "not in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(file, text, said):
    with pytest.raises(CommandError, match=said.replace("(", r"\(")):
        run("import", file(text), "--apply")
    assert not Price.objects.exists()


def test_a_file_that_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("import", str(tmp_path / "none"))


def test_a_cell_without_end_is_refused(file):
    with pytest.raises(CommandError, match="cannot be read"):
        run("import", file('model,input\n"' + "m" * 200_000 + '",1\n'))
