"""The documentation: behind login, true, and drawn under the site's strict policy."""

import re
from pathlib import Path

import pytest
from django.test import Client

from describer.chat import Parameters
from tests.api.conftest import ROUTE

ROUTES = (Path(__file__).parents[2] / "docs" / "routes.md").read_text(encoding="utf-8")


@pytest.fixture
def schema(script):
    return script.get("/api/openapi.json").json()


def test_docs_are_behind_login(db, alice):
    client = Client()
    reply = client.get("/api/docs")
    assert (reply.status_code, reply["Location"]) == (302, "/login/?next=/api/docs")
    client.force_login(alice)
    assert client.get("/api/docs").status_code == 200


def test_openapi_is_read_with_a_login_or_with_a_key(script, alice):
    assert script.get("/api/openapi.json").status_code == 200
    browser = Client()
    assert browser.get("/api/openapi.json").status_code == 401
    browser.force_login(alice)
    assert browser.get("/api/openapi.json").json()["openapi"].startswith("3.")


def test_openapi_and_the_documentation_name_every_route(schema):
    """In the table the id is called so, as people know it."""
    found = {
        method.upper() + " " + re.sub(r"\{\w+_id\}", "<id>", path).replace("{name}", "<name>")
        for path, methods in schema["paths"].items()
        for method in methods
    }
    assert set(re.findall(r"^\| `([A-Z]+ /api/\S+)`", ROUTES, re.MULTILINE)) == found


def test_openapi_describes_every_parameter_with_its_range(schema):
    body = schema["paths"][ROUTE]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    fields = body["properties"]
    own = {
        "image",
        "image_url",
        "question",
        "system_prompt",
        "model",
        "preset",
        "variables",
        "follows",
        "tags",
    }
    assert set(Parameters.model_fields) | own == set(fields)
    assert "required" not in body, "a preset brings a question"
    assert all(field["description"] for field in fields.values())
    assert (fields["n"]["minimum"], fields["n"]["maximum"], fields["n"]["type"]) == (1, 128, "integer")
    warm = fields["temperature"]
    assert (warm["minimum"], warm["maximum"], warm["type"]) == (0, 2, "number")
    assert "From 0 to 2." in warm["description"]


def test_openapi_tells_of_the_key_and_the_errors(schema):
    assert [scheme["scheme"] for scheme in schema["components"]["securitySchemes"].values()] == ["bearer"]
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["security"]
            assert operation["responses"]["401"]["content"]["application/json"]["schema"]["$ref"].endswith(
                "/Error"
            )


def test_openapi_refers_to_nothing_that_is_not_there(schema):
    refs = set()

    def walk(value):
        if isinstance(value, dict):
            refs.update([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            value = list(value.values())
        for one in value if isinstance(value, list) else []:
            walk(one)

    walk(schema)
    assert refs
    assert {ref.rpartition("/")[2] for ref in refs} <= set(schema["components"]["schemas"])


def test_the_json_of_a_description_is_what_openapi_says(script, schema):
    shape = schema["components"]["schemas"]["DescriptionOut"]
    assert set(script.post().json()) == set(shape["properties"])
