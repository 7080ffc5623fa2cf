"""A site with every kind of answer and every state on it, for walks through all pages."""

import json
import re
from typing import Any

import requests

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.people import changed
from tests.site import Site, until
from tests.steps import Call, Step, answer, error, hang

TABLE = (
    "| place | "
    + " | ".join(f"column {n}" for n in range(12))
    + " |\n"
    + "|---" * 13
    + "|\n"
    + "| quay " * 13
    + "|"
)
MARKDOWN = f"""# Harbour

Two **boats** and *a dog* beside [a link](https://example.org/), `code` and ~~nothing~~.

1. one
2. two
   - inner

> quoted

{TABLE}

```python
def boats(): return "a line that is long enough to be scrolled sideways on every screen, of a phone at the least" * 2
```

The hull is $\\frac{{a}}{{b}} \\le \\sqrt{{x^2 + y^2}}$ wide:

$$\\int_0^1 x\\,dx = \\tfrac12$$"""
TOOLS = [
    {
        "id": "call-1",
        "type": "function",
        "function": {"name": "look_up", "arguments": '{"place": "quay", "deep": [1, 2]}'},
    }
]
JSON = {
    "boats": [{"name": "Anna", "length": 7.5}, {"name": "Bert", "length": None}],
    "weather": {"sky": "clear"},
}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "harbour",
        "schema": {
            "type": "object",
            "properties": {"boats": {"type": "integer"}},
            "required": ["boats", "ships"],
        },
    },
}
TOLD: dict[str, Step] = {
    "markdown": answer(MARKDOWN, reasoning_content="It is a harbour. " * 40),
    "choices": answer("One of three.\n\n" + MARKDOWN, n=3),
    "json": answer(json.dumps(JSON)),
    "tools": answer(None, tool_calls=TOOLS, finish_reason="tool_calls"),
    "refused": answer(None, refusal="That is not for me to say."),
    "cut-off": answer("It goes on and", finish_reason="length"),
    "filtered": answer("Some of it", finish_reason="content_filter"),
    "empty": answer(""),
    "not-json": answer("No JSON at all."),
    "long": answer(("A sentence of a long answer. " * 100 + "\n\n") * 20),
    "right-to-left": answer("في الميناء قاربان وكلب."),
    "chinese": answer("港口里有两艘船和一只狗。" * 20),
    "failed": error(400, "This model sees no pictures.", "invalid_request_error"),
    "waiting": error(400, "Not now."),
    "running": hang(120),
}
ASKED: dict[str, dict[str, Any]] = {
    "choices": {"n": 3},
    "json": {"response_format": json.dumps(SCHEMA)},
    "not-json": {"response_format": '{"type": "json_object"}'},
    "cut-off": {"max_tokens": 16},
}


def told(call: Call) -> Step | None:
    """How the endpoint answers: by the first word of the last question."""
    words = re.findall(r"Show me ([\w-]+)", call.raw.decode())
    return TOLD.get(words[-1]) if words else None


def furnish(site: Site, endpoint: ScriptedEndpoint) -> dict[str, str]:
    """Ask all that; answers the address of the page of each by its name. One ask at a time: WORKER_CONCURRENCY is 1."""
    endpoint.rule(told)
    rows = {}
    for kind in [*TOLD][:-1]:
        number = site.ask(photo(300, 200), f"Show me {kind}", **ASKED.get(kind, {}))["id"]
        rows[kind] = site.finished(number)["id"]
    marks = {"tags": ["harbour", "for the guide"], "favourite": True}
    _call(site, "patch", f"/api/descriptions/{rows['choices']}", json=marks)
    first = {"question": "And the dog?", "follows": rows["markdown"]}
    rows["conversation"] = site.finished(_call(site, "post", "/api/descriptions", data=first)["id"])["id"]
    form = {"question": "How small?", "variant": ['{"long_side": 64}', '{"long_side": 128}']}
    compared = _call(site, "post", "/api/comparisons", data=form, files={"image": ("a.jpg", photo(300, 200))})
    for item in compared["items"]:
        site.finished(item["id"])
    shared = _call(site, "post", f"/api/descriptions/{rows['markdown']}/share", json={})["url"]
    rows["trashed"] = site.finished(site.ask(photo(64, 48), "Not wanted")["id"])["id"]
    _call(site, "delete", f"/api/descriptions/{rows['trashed']}")
    _wait_and_run(site, rows)
    pages = {kind: f"/descriptions/{number}/" for kind, number in rows.items()}
    pages |= {"comparison": f"/comparisons/{compared['id']}/", "shared": shared.removeprefix(site.url)}
    return pages | {
        "read-on": f"/descriptions/{rows['long']}/answers/0/",
        "text": f"/descriptions/{rows['long']}/text/answer-0/",
    }


def _wait_and_run(site: Site, rows: dict[str, int]) -> None:
    """Leave one row waiting, one running, one queued behind it, and one cancelled."""
    when = "status = 'waiting', not_before = '2099-01-01', finished = NULL, waiting_reason = 'The endpoint is busy.'"
    changed(site, f"describer_description SET {when} WHERE id = {rows['waiting']}")
    rows["running"] = site.ask(photo(300, 200), "Show me running")["id"]
    until(lambda: site.description(rows["running"])["status"] == "running", "it runs")
    rows["cancelled"] = site.ask(photo(300, 200), "Show me nothing")["id"]
    _call(site, "post", f"/api/descriptions/{rows['cancelled']}/cancel")
    rows["queued"] = site.ask(photo(300, 200), "Show me later")["id"]


def _call(site: Site, method: str, path: str, **what: Any) -> Any:
    reply: requests.Response = site.session.request(
        method, site.url + path, headers=site.bearer, timeout=30, **what
    )
    assert reply.ok, reply.text
    return reply.json() if reply.content else None
