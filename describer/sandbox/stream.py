"""A completion as a stream of events, in pieces of a few words."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PIECE = re.compile(r"(?:\S+\s*){1,4}|\s+")


def events(body: Mapping[str, Any], answer: Mapping[str, Any]) -> bytes:
    """Make the whole stream, ended by [DONE]; with usage at its end where `stream_options` asks for it."""
    options = body.get("stream_options")
    wants_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    chunks = [_chunk(answer, [choice], wants_usage) for choice in _delta_pieces(answer["choices"])]
    if wants_usage:
        chunks.append({**_chunk(answer, [], True), "usage": answer["usage"]})
    lines = [f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in chunks]
    return ("".join(lines) + "data: [DONE]\n\n").encode()


def _delta_pieces(choices: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for choice in choices:
        index = choice["index"]
        yield {"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        for piece in _PIECE.findall(choice["message"]["content"]):
            yield {"index": index, "delta": {"content": piece}, "finish_reason": None}
        yield {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}


def _chunk(answer: Mapping[str, Any], choices: list[dict[str, Any]], wants_usage: bool) -> dict[str, Any]:
    chunk: dict[str, Any] = {key: answer[key] for key in ("id", "created", "model")}
    chunk |= {"object": "chat.completion.chunk", "choices": choices}
    if wants_usage:
        chunk["usage"] = None
    return chunk
