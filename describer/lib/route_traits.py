"""What a route says of itself, at its view: which threads run it, how its errors are told, what body it takes, and more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

ALL_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Pool(Enum):
    """The threads of the web process, by what they are kept for; LOOP is the event loop and no thread."""

    PAGE = "page"
    UPLOAD = "upload"
    LOGIN = "login"
    PICTURE = "picture"
    EXPORT = "export"
    WATCH = "watch"
    LOOP = "loop"


class Body(Enum):
    """What is taken of a request's body: nothing, a form's words, or files. The edge has a limit for each."""

    NOTHING = "nothing"
    WORDS = "words"
    FILES = "files"


_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class RouteTraits:
    """The defaults are those of a page.

    `post_pool` runs what is posted, where that is another pool. Errors of `json_methods` are JSON. A route that is
    `open_early` answers before there is an account on the site; all others lead to the page that makes the first one.
    `body` is what it takes of what is posted, put or patched; no route takes a body with another method. Whoever calls
    a route `by_key` shows a key, all others a session.
    """

    pool: Pool = Pool.PAGE
    post_pool: Pool | None = None
    json_methods: frozenset[str] = frozenset()
    open_early: bool = False
    body: Body = Body.WORDS
    by_key: bool = False

    def pool_of(self, method: str) -> Pool:
        """Return the pool that runs requests of this method."""
        if method == "POST" and self.post_pool:
            return self.post_pool
        return self.pool

    def tells_json(self, method: str) -> bool:
        """Tell whether errors of this method are JSON."""
        return method in self.json_methods

    def body_of(self, method: str) -> Body:
        """Return what is taken of the body of a request of this method."""
        if method in _WITH_BODY:
            return self.body
        return Body.NOTHING


PAGE = RouteTraits()
SCRIPT = RouteTraits(json_methods=ALL_METHODS, open_early=True, by_key=True)
SCRIPT_WITH_FILES = replace(SCRIPT, body=Body.FILES)
EXPORT = replace(SCRIPT, pool=Pool.EXPORT, body=Body.NOTHING)
BULK = RouteTraits(pool=Pool.EXPORT)  # takes turns with exports: pages compete with one thread at most
FILE = RouteTraits(pool=Pool.EXPORT, body=Body.NOTHING)
WATCHER = RouteTraits(pool=Pool.WATCH, open_early=True, body=Body.NOTHING)
PICTURE = RouteTraits(pool=Pool.PICTURE, body=Body.NOTHING)


def route(traits: RouteTraits) -> Callable[[View], View]:
    """Say of a view what its route is like."""

    def said(view: View) -> View:
        view.route_traits = traits  # type: ignore[attr-defined]
        return view

    return said


def traits_of(view: Any) -> RouteTraits:
    """Return what a view's route is like."""
    traits: RouteTraits = getattr(view, "route_traits", PAGE)
    return traits
