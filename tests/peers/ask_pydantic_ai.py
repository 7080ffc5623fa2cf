"""Pydantic AI's agent, with our own endpoint as an OpenAI chat model."""

import base64
from typing import Any

from openai import AsyncOpenAI
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.peers.told import GIVEN, tell

picture = BinaryContent(base64.b64decode(GIVEN["picture"].partition(",")[2]), media_type="image/jpeg")


def agent(key: str = GIVEN["key"], **options: Any) -> Agent[None, str]:
    """An agent of its own for each case: a client lives in one event loop."""
    client = AsyncOpenAI(base_url=GIVEN["url"], api_key=key, **options)
    return Agent(OpenAIChatModel("m", provider=OpenAIProvider(openai_client=client)))


def used(usage: Any) -> list[int]:
    return [usage.input_tokens, usage.output_tokens, usage.input_tokens + usage.output_tokens]


def run(case: str, **options: Any) -> Any:
    result = agent(**options).run_sync([f"pydantic-ai {case}", picture])
    return {"texts": [result.output], "usage": used(result.usage)}


def vision() -> Any:
    return run("vision")


def streamed() -> Any:
    with agent().run_stream_sync(["pydantic-ai streamed", picture]) as result:
        text = result.get_output()
    return {"texts": [text], "usage": used(result.usage)}


def wrong_key() -> Any:
    return run("wrong_key", key="dsc_of_nobody")


def unreadable() -> Any:
    return run("unreadable")


def unrepeated() -> Any:
    return run("unrepeated", max_retries=0)


tell(vision, streamed, wrong_key, unreadable, unrepeated)
