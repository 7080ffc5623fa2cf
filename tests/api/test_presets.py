"""Presets for scripts: asked by, made, changed, hidden."""

import json

import pytest

from describer.desk.presets import BUILT_IN, write_built_in
from describer.models import Description, Preset
from tests.api.conftest import picture, script_of

PRESETS = "/api/presets"
pytestmark = pytest.mark.usefixtures("presets")


def send(script, method, path, status, **body):
    reply = script.call(method, path, json.dumps(body), content_type="application/json")
    assert reply.status_code == status, reply.content
    return reply.json() if reply.content else None


def refused(reply, status, code, param):
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (status, code, param)


def names(script):
    return [one["name"] for one in script.get(PRESETS).json()["items"]]


def test_a_site_begins_with_seven_and_an_admins_changes_stay(script):
    assert names(script) == [one.name for one in BUILT_IN] and len(BUILT_IN) == 7
    Preset.objects.filter(name="read").update(label="Letters")
    Preset.objects.filter(name="wrong").update(archived=True)
    write_built_in()
    shown = {one["name"]: one for one in script.get(PRESETS).json()["items"]}
    assert shown["read"]["label"] == "Letters" and "wrong" not in shown
    assert shown["read"]["shared"] and shown["read"]["plain"]


def test_a_preset_is_made_asked_by_changed_and_removed(script):
    made = send(
        script,
        "post",
        PRESETS,
        201,
        label="My Boats!",
        question="Boats in {place}, {file_name}?",
        parameters={"seed": 7},
    )
    assert (made["name"], made["variables"], made["shared"]) == ("my-boats", ["place", "file_name"], False)
    reply = script.post(question=None, preset="my-boats", variables=json.dumps({"place": "Bremen"}))
    assert reply.status_code == 202
    row = reply.json()
    assert row["question"] == "Boats in Bremen, cat.png?"
    assert (row["preset"], row["variables"]) == ("my-boats", {"place": "Bremen", "file_name": "cat.png"})
    assert row["parameters"] == {"seed": 7}
    changed = send(script, "patch", f"{PRESETS}/my-boats", 200, question="How many?", parameters={})
    assert (changed["question"], changed["label"]) == ("How many?", "My Boats!")
    assert Description.objects.get().question == "Boats in Bremen, cat.png?"
    send(script, "delete", f"{PRESETS}/my-boats", 204)
    refused(script.post(question=None, preset="my-boats"), 404, "preset_not_found", "preset")


def test_each_picture_fills_its_own_words(script):
    send(script, "post", PRESETS, 201, name="size", question="{file_name}: {width} x {height}?")
    fields = {"preset": "size", "image": [picture("a.png", "red"), picture("b.png", "blue", (30, 40))]}
    rows = script.call("post", "/api/descriptions/each", fields).json()["items"]
    assert [row["question"] for row in rows] == ["a.png: 64 x 48?", "b.png: 30 x 40?"]


def test_a_variable_without_a_value_is_named_and_nothing_is_made(script):
    send(script, "post", PRESETS, 201, name="place", question="In {place}?")
    refused(script.post(question=None, preset="place"), 400, "missing_required_parameter", "variables.place")
    assert not Description.objects.exists()


@pytest.mark.parametrize(
    "values", ["[" * 200_000, "[1]", "{", "null", json.dumps({"place": ["x"]}), json.dumps({"place": True})]
)
def test_values_are_texts(script, values):
    send(script, "post", PRESETS, 201, name="place", question="In {place}?")
    reply = script.post(question=None, preset="place", variables=values)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_type")


def test_what_is_given_beside_a_preset_wins(script):
    send(
        script,
        "post",
        PRESETS,
        201,
        name="mine",
        question="One?",
        system_prompt="Be brief.",
        parameters={"seed": 7, "n": 2},
    )
    row = script.post(question="Two?", preset="mine", seed="9").json()
    assert (row["question"], row["system_prompt"]) == ("Two?", "Be brief.")
    assert row["parameters"] == {"seed": 9, "n": 2}


def test_without_a_preset_braces_are_letters(script):
    assert script.post(question="What is {this}?").json()["question"] == "What is {this}?"


def test_a_persons_own_stands_before_the_sites_and_hides_from_nobody_else(script, bob):
    send(script, "patch", f"{PRESETS}/describe", 200, question="Mine?")
    assert script.post(question=None, preset="describe").json()["question"] == "Mine?"
    assert names(script).count("describe") == 1
    his = script_of(bob)
    assert his.post(question=None, preset="describe").json()["question"] == BUILT_IN[0].question
    send(script, "delete", f"{PRESETS}/keywords", 204)
    assert "keywords" not in names(script) and "keywords" in names(his)


def test_an_admins_key_changes_the_sites(boss, sandbox, script):
    admin = script_of(boss)
    admin.key.scopes = [*admin.key.scopes, "admin"]
    admin.key.save()
    send(admin, "patch", f"{PRESETS}/describe", 200, label="Tell")
    send(admin, "delete", f"{PRESETS}/wrong", 204)
    assert script.get(PRESETS).json()["items"][0]["label"] == "Tell" and "wrong" not in names(script)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"label": "x"}, "missing_required_parameter", "question"),
        ({"label": "!!!", "question": "?"}, "invalid_value", "name"),
        ({"name": "Not Small", "question": "?"}, "invalid_value", "name"),
        ({"name": "a", "question": "?", "parameters": {"temperature": 9}}, None, "temperature"),
    ],
)
def test_what_nobody_could_ask_by_is_refused(script, body, code, param):
    error = send(script, "post", PRESETS, 400, **body)["error"]
    assert error["param"] == param and code in (None, error["code"])


def test_a_name_is_taken_once(script):
    send(script, "post", PRESETS, 201, name="a", question="?")
    assert send(script, "post", PRESETS, 409, name="a", question="?")["error"]["code"] == "preset_exists"


ODD_NAMES = ("__class__", "0", "a.b", "x" * 200, "Place", "a b", "")


def test_d8_odd_names_of_variables_are_letters_and_values_are_text(script):
    question = "In {place}, " + " ".join(f"{{{name}}}" for name in ODD_NAMES) + "?"
    send(script, "post", PRESETS, 201, name="odd", question=question)
    value = "{place} {{x}} {file_name} <b>*bold*</b> {0.__class__} %s"
    values = json.dumps({"place": value} | dict.fromkeys(ODD_NAMES, "filled"))
    row = script.post(question=None, preset="odd", variables=values).json()
    assert row["question"] == question.replace("{place}", value, 1)
    assert row["variables"] == {"place": value}
    script.client.force_login(Description.objects.get().owner)
    page = script.client.get(f"/descriptions/{row['id']}/").content.decode()
    assert "&lt;b&gt;*bold*&lt;/b&gt;" in page and "<b>*bold*</b>" not in page
