"""An agent of Strands, with our own endpoint as an OpenAI model; it always asks for a stream."""

import base64
from typing import Any

from strands import Agent, ModelRetryStrategy
from strands.models.openai import OpenAIModel

from tests.peers.told import GIVEN, tell

data = base64.b64decode(GIVEN["picture"].partition(",")[2])


def run(case: str, key: str = GIVEN["key"], params: Any = None, strategy: Any = None, **client: Any) -> Any:
    arguments = {"base_url": GIVEN["url"], "api_key": key, **client}
    model = OpenAIModel(client_args=arguments, model_id="m", params=params or {})
    options = {"retry_strategy": strategy} if strategy else {}
    agent = Agent(model=model, callback_handler=None, **options)
    result = agent([{"text": f"strands {case}"}, {"image": {"format": "jpeg", "source": {"bytes": data}}}])
    usage = result.metrics.accumulated_usage
    text = result.message["content"][0]["text"]
    return {"texts": [text], "usage": [usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]]}


def streamed() -> Any:
    return run("streamed")


def wrong_key() -> Any:
    return run("wrong_key", key="dsc_of_nobody")


def unreadable() -> Any:
    return run("unreadable")


def unrepeated() -> Any:
    return run("unrepeated", strategy=ModelRetryStrategy(max_attempts=1), max_retries=0)


tell(streamed, wrong_key, unreadable, unrepeated)
