"""LangChain's ChatOpenAI."""

from typing import Any

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from tests.peers.told import GIVEN, tell

chat = ChatOpenAI(model="m", base_url=GIVEN["url"], api_key=GIVEN["key"], stream_usage=True)


def messages(case: str) -> list[Any]:
    text = {"type": "text", "text": f"langchain {case}"}
    return [HumanMessage(content=[text, {"type": "image_url", "image_url": {"url": GIVEN["picture"]}}])]


def told(message: Any) -> dict[str, Any]:
    usage = message.usage_metadata
    return {
        "texts": [message.content],
        "usage": [usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]],
    }


def vision() -> Any:
    return told(chat.invoke(messages("vision")))


def streamed() -> Any:
    first, *more = chat.stream(messages("streamed"))
    for piece in more:
        first += piece
    return told(first)


tell(vision, streamed)
