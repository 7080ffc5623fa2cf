"""What no database can hold is taken out of a request where it arrives: NUL, in addresses, queries and cookies.

PostgreSQL refuses it wherever it is looked up, and so did any page that had not thought of it. Forms and bodies are left
to their readers, which say what is wrong.
"""

from typing import Any
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIRequest
from django.http import QueryDict, parse_cookie
from django.utils.functional import cached_property

from describer.edge.body_limit import App, Receive, Scope, Send

_NUL = "\x00"
_NO_CHARACTER = "\ufffd"


class SoundRequest(ASGIRequest):
    """A request whose query and cookies read as if NUL were not there; a cookie with NUL is none of ours."""

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]
        fields = QueryDict(self.META["QUERY_STRING"])
        if "%00" not in self.META["QUERY_STRING"]:
            return fields
        pairs = [(name, value) for name, values in fields.lists() for value in values]
        return QueryDict(
            urlencode([(name.replace(_NUL, ""), value.replace(_NUL, "")) for name, value in pairs])
        )

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]
        return sound_cookies(self.META.get("HTTP_COOKIE", ""))


def sound_cookies(header: str) -> dict[str, str]:
    """Return the cookies of a request by their names."""
    return {name: value for name, value in parse_cookie(header).items() if _NUL not in name + value}


class SoundPath:
    """An ASGI layer: an address with NUL in its path is one that does not exist, and is told so by whose it would be."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: Any = scope.get("path", "")
        if _NUL in path:
            scope = {**scope, "path": path.replace(_NUL, _NO_CHARACTER)}
        await self.app(scope, receive, send)
