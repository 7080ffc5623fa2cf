"""The official openai SDK for Python."""

from typing import Any

from openai import OpenAI

from tests.peers.told import GIVEN, tell, tokens

client = OpenAI(base_url=GIVEN["url"], api_key=GIVEN["key"])
TOOL = {
    "type": "function",
    "function": {"name": "count_boats", "parameters": {"type": "object", "properties": {}}},
}


def about(case: str, picture: bool = False) -> list[Any]:
    """The messages of a case, by whose name its row is found."""
    text = {"type": "text", "text": f"openai-python {case}"}
    seen = {"type": "image_url", "image_url": {"url": GIVEN["picture"], "detail": "low"}}
    return [{"role": "user", "content": [text, seen] if picture else [text]}]


def ask(case: str, picture: bool = False, by: OpenAI = client, **parameters: Any) -> Any:
    return by.chat.completions.create(**{"model": "m", "messages": about(case, picture), **parameters})


def whole(answer: Any) -> dict[str, Any]:
    texts = [choice.message.content for choice in answer.choices]
    ended = [choice.finish_reason for choice in answer.choices]
    return {
        "texts": texts,
        "ended": ended,
        "usage": tokens(answer.usage),
        "request_id": answer._request_id,
        "model": answer.model,
    }


def pieces(stream: Any) -> dict[str, Any]:
    chunks = list(stream)
    said = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    usage = [tokens(chunk.usage) for chunk in chunks if chunk.usage]
    return {
        "texts": ["".join(said)],
        "pieces": len(said),
        "usages": usage,
        "usage": usage[-1] if usage else None,
    }


def vision() -> Any:
    return whole(ask("vision", True))


def streamed() -> Any:
    return pieces(ask("streamed", True, stream=True, stream_options={"include_usage": True}))


def streamed_plainly() -> Any:
    return pieces(ask("streamed_plainly", stream=True))


def several() -> Any:
    return whole(ask("several", n=2))


def stop() -> Any:
    return whole(ask("stop", stop=["\n", "END"], temperature=0, seed=0, max_tokens=50))


def as_json() -> Any:
    return whole(ask("as_json", response_format={"type": "json_object"}))


def tools() -> Any:
    answer = ask("tools", tools=[TOOL], tool_choice="auto")
    calls = [[call.function.name, call.function.arguments] for call in answer.choices[0].message.tool_calls]
    return {**whole(answer), "calls": calls}


def tools_streamed() -> Any:
    with client.chat.completions.stream(model="m", messages=about("tools_streamed"), tools=[TOOL]) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls or []
    return [[call.function.name, call.function.arguments] for call in calls]


def models() -> Any:
    return [[model.id, model.object, model.owned_by] for model in client.models.list()]


def one_model() -> Any:
    return client.models.retrieve("m").id


def wrong_key() -> Any:
    return whole(ask("wrong_key", by=client.with_options(api_key="dsc_of_nobody")))


def bad_body() -> Any:
    return whole(ask("bad_body", temperature=7))


def refused_above() -> Any:
    return whole(ask("refused_above", frequency_penalty=1))


def unknown_model() -> Any:
    return whole(ask("unknown_model", model="nobody"))


def over_the_rate() -> Any:
    """Three asks of a key that has one a minute; a new minute begins between them at most once."""
    limited = client.with_options(api_key=GIVEN["limited"], max_retries=0)
    return [whole(ask("over_the_rate", by=limited)) for _ in range(3)]


def unreadable() -> Any:
    return whole(ask("unreadable"))


def cut() -> Any:
    return pieces(ask("cut", stream=True))


def down() -> Any:
    return whole(ask("down"))


tell(
    down,
    vision,
    streamed,
    streamed_plainly,
    several,
    stop,
    as_json,
    tools,
    tools_streamed,
    models,
    one_model,
    wrong_key,
    bad_body,
    refused_above,
    unknown_model,
    over_the_rate,
    unreadable,
    cut,
    at_once=8,
)
