from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from describer.chat.client import Client, Target
from describer.chat.errors import ChatError
from describer.chat.schema import Reply
from describer.chat.stream import assembled
from tests.endpoint import ScriptedEndpoint, Step

KEY = "sk-a-secret-that-nobody-may-see"


@dataclass
class Line:
    """A client, an endpoint and the way between them."""

    client: Client
    endpoint: ScriptedEndpoint
    target: Target

    def within(self, **settings: Any) -> "Line":
        return replace(self, target=replace(self.target, **settings))

    def ask(self, *steps: Step, **body: Any) -> Reply:
        """The reply to one ask that meets these steps."""
        self.endpoint.then(*steps)
        return self.client.complete(self.target, {"model": "m", "messages": [], **body})

    def fail(self, *steps: Step, **body: Any) -> ChatError:
        """The error that one ask ends with."""
        with pytest.raises(ChatError) as caught:
            self.ask(*steps, **body)
        return caught.value


def assemble(text: str) -> dict[str, Any]:
    """The body of a whole event stream."""
    return assembled(text.encode("utf-8", "replace")).body()


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def line(endpoint: ScriptedEndpoint) -> Iterator[Line]:
    client = Client(pool_size=8)
    yield Line(
        client, endpoint, Target(endpoint.url, KEY, connect=2, first_byte=3, between_bytes=3, whole_call=6)
    )
    client.close()
