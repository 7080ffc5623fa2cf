"""A request as all its readers can take it, put right where it arrives.

What no database can hold is taken out: NUL, in addresses, queries and cookies. PostgreSQL refuses it wherever it is looked
up, and so did any page that had not thought of it. Forms and bodies are left to their readers, which say what is wrong.

A body that came in chunks gets its length: Django takes a form of unknown length for an empty one. The kind of a body is
told in small letters: Django knows forms by these alone.
"""

import io
from typing import IO, Any
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIRequest
from django.http import QueryDict, parse_cookie
from django.utils.functional import cached_property

from describer.edge.body_limit import App, Receive, Scope, Send

_NUL = "\x00"
_NO_CHARACTER = "\ufffd"


class SoundRequest(ASGIRequest):
    """A request whose query and cookies read as if NUL were not there; a cookie with NUL is none of ours.

    Its length is that of the body which came, where its sender told none: a form in chunks is read as any other, and what
    is too much for memory is refused by its length.
    """

    def __init__(self, scope: Scope, body: IO[bytes]) -> None:
        super().__init__(scope, body)
        if "CONTENT_TYPE" in self.META:
            kind, semicolon, options = self.META["CONTENT_TYPE"].partition(";")
            self.META["CONTENT_TYPE"] = kind.lower() + semicolon + options
        if "HTTP_TRANSFER_ENCODING" in self.META:
            self.META["CONTENT_LENGTH"] = str(body.seek(0, io.SEEK_END))
            body.seek(0)

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
