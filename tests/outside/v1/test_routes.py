"""Cases E2 and E21 to E24 of our own endpoint: headers, methods and paths."""

import json

import pytest
import requests

from tests.outside.v1.world import PATH, fault

pytestmark = pytest.mark.site


def test_e02_every_answer_has_an_id_and_is_not_stored(world):
    given = world.post("Ids?", send={"X_Request_Id": "job-17.a:b_c"})
    assert (given.headers["x-request-id"], given.headers["cache-control"]) == ("job-17.a:b_c", "no-store")
    row = world.row(given)
    assert row["request_id"] == "job-17.a:b_c"
    for odd in ("x" * 65, "a b", "<script>", "a\u00e9"):
        reply = world.send(b"{", X_Request_Id=odd.encode("latin-1"))
        assert reply.headers["x-request-id"] not in ("", odd)
        assert len(reply.headers["x-request-id"]) == 32
    ours = world.post("Ids?")
    assert world.row(ours)["request_id"] == ours.headers["x-request-id"]
    listed = requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert listed.headers["x-request-id"] and listed.headers["cache-control"] == "no-store"
    assert "x-description-id" not in listed.headers


def test_e21_a_client_that_tried_before_is_recorded(world):
    for told, kept in (("2", 2), ("-1", 0), ("x", 0), ("9" * 20, 0), ("\u0662".encode(), 0)):
        row = world.row(world.post("Retries?", send={"X_Stainless_Retry_Count": told}))
        assert row["client_retries"] == kept


def test_e22_browsers_of_other_sites_may_ask(world):
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
    }
    for path in (PATH, "/v1/models", "/v1/nowhere"):
        reply = requests.options(world.site.url + path, headers=headers, timeout=10)
        assert (reply.status_code, reply.content) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "POST" in reply.headers["access-control-allow-methods"]
        assert reply.headers["access-control-allow-headers"] == headers["Access-Control-Request-Headers"]
        assert reply.headers["access-control-max-age"] == "86400"
        assert "access-control-allow-credentials" not in reply.headers
    for real in (world.post("Origin?", send={"Origin": "null"}), world.send(b"{"), requests.post(world.site.url + PATH, timeout=10)):  # fmt: skip
        assert real.headers["access-control-allow-origin"] == "*"
        shown = {name.strip() for name in real.headers["access-control-expose-headers"].split(",")}
        assert {"x-request-id", "x-description-id", "retry-after"} <= shown
        assert "set-cookie" not in real.headers


def test_e23_head_is_get_without_a_body_and_other_methods_are_refused(world):
    for path in ("/v1/models", "/v1/models/scripted-model"):
        got, head = (
            requests.request(method, world.site.url + path, headers=world.site.bearer, timeout=10)
            for method in ("GET", "HEAD")
        )
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(got.content))
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            reply = requests.request(method, world.site.url + path, headers=world.headers(), timeout=10)
            fault(reply, 405, "method_not_allowed")
            assert set(reply.headers["allow"].split(", ")) >= {"GET", "HEAD"}
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        reply = requests.request(method, world.site.url + PATH, headers=world.headers(), timeout=10)
        fault(reply, 405, "method_not_allowed")
        assert "POST" in reply.headers["allow"]
    head = requests.head(world.site.url + PATH, headers=world.headers(), timeout=10)
    assert (head.status_code, head.content) == (405, b"")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("responses", "Responses API is not served here; ask by POST /v1/chat/completions"),
        ("responses/resp_1/cancel", "Responses API"),
        ("completions", "bare prompt"),
        ("messages", "Messages API"),
        ("embeddings", "No embeddings are made here; here are POST /v1/chat/completions"),
        ("images/generations", "No pictures are made"),
        ("audio/transcriptions", "transcripts"),
        ("files", "data URL"),
        ("batches", "/api/descriptions/each"),
        ("v1/chat/completions", "once, not twice"),
        ("nowhere", "here are POST /v1/chat/completions"),
    ],
)
def test_fd08_another_route_of_openais_says_what_there_is_instead(world, path, words):
    body = {"model": "scripted-model", "input": "What is in this picture?"}
    reply = requests.post(f"{world.site.url}/v1/{path}", json=body, headers=world.site.bearer, timeout=10)
    assert words in fault(reply, 404, "unknown_url")["message"]


def test_e24_a_slash_more_is_served_and_other_paths_are_not_found(world):
    body = json.dumps(world.body("Slash?")).encode()
    reply = requests.post(
        f"{world.site.url}{PATH}/", body, headers=world.headers(), timeout=30, allow_redirects=False
    )
    assert reply.status_code == 200
    for path in ("/v1/models/", "/v1/models/scripted-model/"):
        reply = requests.get(
            world.site.url + path, headers=world.site.bearer, timeout=10, allow_redirects=False
        )
        assert reply.status_code == 200
    for path in (
        "/v1",
        "/v1/",
        "/v1/completions",
        "/v1/chat",
        "/v1/v1/chat/completions",
        "/v1/%00",
        "/v1/a/../b",
    ):
        for method in ("GET", "POST"):
            reply = requests.request(
                method, world.site.url + path, headers=world.headers(), timeout=10, allow_redirects=False
            )
            fault(reply, 404, "unknown_url")
    for path in ("/chat/completions", "/chat/completions/"):
        reply = requests.post(
            world.site.url + path, body, headers=world.headers(), timeout=10, allow_redirects=False
        )
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "unknown_url"
        assert "base URL must end in /v1" in reply.json()["error"]["message"]
