"""One site before a scripted endpoint, and what every peer saw there; started once."""

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.endpoint import ScriptedEndpoint, answer, chunks, error, reply, reset, sse
from tests.images.pictures import photo
from tests.peers.started import saw
from tests.site import Site

SCRIPTS = {
    "openai-python": "ask_openai.py",
    "openai-node": "ask_openai.mjs",
    "litellm": "ask_litellm.py",
    "langchain": "ask_langchain.py",
    "llm": "ask_llm.py",
    "ai-sdk": "ask_ai_sdk.mjs",
    "pydantic-ai": "ask_pydantic_ai.py",
    "strands": "ask_strands.py",
}
OFFICIAL = ("openai-python", "openai-node")
TOP = {"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1677652288, "model": "m"}
TOOL_CALL = {
    "id": "call-1",
    "type": "function",
    "function": {"name": "count_boats", "arguments": '{"red": 1}'},
}
FAULTS = {
    "refused_above": error(
        400,
        "Unsupported parameter: 'frequency_penalty' is not supported with this model.",
        "unsupported_parameter",
        param="frequency_penalty",
    ),
    "unreadable": reply(200, "{not JSON", {"Content-Type": "application/json"}),
    "cut": sse(*chunks("Two boats on a lake.")[:3]),
    "down": reset(),
}
FAULTS["unrepeated"] = FAULTS["unreadable"]
numbers = itertools.count(1)


def case_of(call):
    """What the question names: the peer and its case."""
    content = call.body["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    peer, _, case = text.partition(" ")
    return peer, case


def played(call):
    """How the endpoint meets a case; each answer has other numbers of tokens."""
    peer, case = case_of(call)
    if case in FAULTS:
        return FAULTS[case]
    number = next(numbers)
    usage = (1000 + number, 10 * number, 1000 + 11 * number)
    streamed = call.body.get("stream")
    if "tools" in call.body:
        return tool_call_in_pieces(usage) if streamed else answer(None, usage, tool_calls=[TOOL_CALL])
    if "response_format" in call.body:
        return answer('{"boats": 2}', usage)
    text = f"Two boats for {peer}."
    if streamed:
        return sse(*chunks(text, usage), usage=usage)
    return answer(text, usage, call.body.get("n", 1))


def tool_call_in_pieces(usage):
    """A tool call as models stream it: its name first, then its arguments in two pieces."""
    halves = TOOL_CALL["function"]["arguments"][:5], TOOL_CALL["function"]["arguments"][5:]
    first = {"index": 0, **TOOL_CALL, "function": {"name": "count_boats", "arguments": ""}}
    deltas = [{"role": "assistant", "tool_calls": [first]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": half}}]} for half in halves]
    events = [{**TOP, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    end = {**TOP, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    counted = dict(zip(("prompt_tokens", "completion_tokens", "total_tokens"), usage, strict=True))
    return sse(*events, end, {**TOP, "choices": [], "usage": counted}, "[DONE]", usage=usage)


@pytest.fixture(scope="module")
def endpoint():
    with ScriptedEndpoint(models=["m"]) as scripted:
        scripted.rule(played)
        yield scripted


@pytest.fixture(scope="module")
def site(tmp_path_factory, endpoint):
    variables = {"VISION_BASE_URL": endpoint.url, "VISION_MODEL": "m", "VISION_API_KEY": "sk-scripted"}
    with Site(tmp_path_factory.mktemp("peers"), **variables) as started:
        yield started


@pytest.fixture(scope="module")
def seen(site, tmp_path_factory):
    """What each peer saw, by its name and case; they all run at once."""
    file = tmp_path_factory.mktemp("picture") / "picture.jpg"
    file.write_bytes(photo(640, 480))
    given = {
        "url": f"{site.url}/v1",
        "key": site.bearer["Authorization"].removeprefix("Bearer "),
        "picture": "data:image/jpeg;base64," + base64.b64encode(file.read_bytes()).decode(),
        "file": str(file),
    }
    limits = {"limits": "1", "scopes": ["ask", "read"], "asks_per_minute": "1"}
    limited = {peer: site.new_key(peer, **limits) for peer in OFFICIAL}
    with ThreadPoolExecutor(len(SCRIPTS)) as pool:
        told = {
            peer: pool.submit(saw, script, {**given, "limited": limited.get(peer)})
            for peer, script in SCRIPTS.items()
        }
        return {peer: future.result() for peer, future in told.items()}


@pytest.fixture(scope="module")
def rows(site, seen):
    """The descriptions of the history, by their questions."""
    found, cursor = {}, ""
    while cursor is not None:
        address = f"{site.url}/api/descriptions?limit=100" + (f"&cursor={cursor}" if cursor else "")
        page = site.session.get(address, headers=site.bearer, timeout=30).json()
        for row in page["items"]:
            found.setdefault(row["question"], []).append(row)
        cursor = page["next"]
    return found


@pytest.fixture(scope="module")
def calls(endpoint, seen):
    """The bodies of the calls that came to the endpoint, by their questions."""
    found = {}
    for call in endpoint.calls:
        found.setdefault(" ".join(case_of(call)), []).append(call.body)
    return found
