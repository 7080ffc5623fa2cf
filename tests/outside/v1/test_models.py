"""Cases E8, E9, E37 and E38 of our own endpoint: the model of a call, and the lists of models."""

from datetime import UTC, datetime

import pytest
import requests

from tests.outside.v1.world import MODEL, expect, fault

pytestmark = pytest.mark.site


def test_e08_a_model_is_named(world):
    for none in ({"model": None}, {"model": ""}):
        expect(world, 400, "missing_required_parameter", "model", **none)
    expect(world, 400, "missing_required_parameter", "model", data=b'{"messages": []}')
    expect(world, 400, "invalid_type", "model", model=7)


def test_e09_an_unknown_model_is_looked_for_once_more_and_refused_with_those_that_are_near(world):
    world.age_models()
    asked = len(world.endpoint.model_calls)
    told = expect(world, 404, "model_not_found", "model", model="scripted-modle")
    assert MODEL in told["message"]
    assert len(world.endpoint.model_calls) == asked + 1
    expect(world, 404, "model_not_found", "model", model="x" * 5000)
    world.endpoint.models.append("new-model")
    world.age_models()
    assert world.post("New?", model="new-model").status_code == 200
    assert world.sent("New?")[0].body["model"] == "new-model"


def test_e09_an_endpoint_without_a_list_is_asked_for_whatever_is_asked(world):
    names = world.default("model_names")
    world.set_default("model_names", "[]")
    try:
        assert world.post("Listless?", model="who-knows").status_code == 200
        reply = world.post("Surrogates?", model="who\ud800\x00knows")
        assert reply.status_code in (200, 404)
    finally:
        world.set_default("model_names", names)
    assert world.sent("Listless?")[0].body["model"] == "who-knows"


def test_e37_the_models_are_those_that_a_key_may_ask_the_default_first(world):
    got = requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    listed = got.json()
    assert (sorted(listed), listed["object"]) == (["data", "object"], "list")
    assert [one["id"] for one in listed["data"]][:2] == [MODEL, "qwen/qwen-vl@4:free"]
    for one in listed["data"]:
        assert sorted(one) == ["created", "id", "object", "owned_by"]
        assert (one["object"], one["owned_by"], type(one["created"])) == ("model", "endpoint", int)
        assert one["created"] <= datetime.now(UTC).timestamp()
    narrow = world.key(name="narrow list", model_names=["other-model"])
    few = requests.get(
        f"{world.site.url}/v1/models", headers={"Authorization": f"Bearer {narrow}"}, timeout=10
    )
    assert [one["id"] for one in few.json()["data"]] == ["other-model"]


def test_e37_listing_asks_the_endpoint_nothing(world):
    asked = len(world.endpoint.model_calls)
    for _ in range(3):
        requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert len(world.endpoint.model_calls) == asked


@pytest.mark.parametrize("path", ["qwen/qwen-vl@4:free", "qwen%2Fqwen-vl%404%3Afree", "qwen/qwen-vl@4:free/"])
def test_e38_one_model_by_a_name_with_anything_in_it(world, path):
    reply = requests.get(f"{world.site.url}/v1/models/{path}", headers=world.site.bearer, timeout=10)
    assert reply.status_code == 200
    assert reply.json()["id"] == "qwen/qwen-vl@4:free"
    assert sorted(reply.json()) == ["created", "id", "object", "owned_by"]


def test_e38_an_unknown_model_is_not_found(world):
    narrow = world.key(name="narrow one", model_names=["other-model"])
    for name, key in (("nowhere", None), ("%00%ff", None), ("x" * 3000, None), (MODEL, narrow)):
        headers = world.headers(key)
        reply = requests.get(f"{world.site.url}/v1/models/{name}", headers=headers, timeout=10)
        fault(reply, 404, "model_not_found", "model")
