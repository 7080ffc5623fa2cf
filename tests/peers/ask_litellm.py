"""LiteLLM's SDK, which calls us an OpenAI-compatible endpoint."""

from typing import Any

import litellm

from tests.peers.told import GIVEN, tell, tokens


def ask(case: str, **parameters: Any) -> Any:
    text = {"type": "text", "text": f"litellm {case}"}
    seen = {"type": "image_url", "image_url": {"url": GIVEN["picture"]}}
    return litellm.completion(
        model="openai/m",
        api_base=GIVEN["url"],
        api_key=parameters.pop("key", GIVEN["key"]),
        messages=[{"role": "user", "content": [text, seen]}],
        **parameters,
    )


def whole(answer: Any) -> dict[str, Any]:
    return {"texts": [answer.choices[0].message.content], "usage": tokens(answer.usage)}


def vision() -> Any:
    return whole(ask("vision"))


def streamed() -> Any:
    chunks = list(ask("streamed", stream=True, stream_options={"include_usage": True}))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    usage = [tokens(chunk.usage) for chunk in chunks if getattr(chunk, "usage", None)]
    return {"texts": [said], "usage": usage[-1]}


def wrong_key() -> Any:
    return whole(ask("wrong_key", key="dsc_of_nobody"))


tell(vision, streamed, wrong_key)
