"""What a route says of itself, at its view: which threads run it, how its errors are told, whether it is open early."""

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


@dataclass(frozen=True)
class RouteTraits:
    """The defaults are those of a page.

    `post_pool` runs what is posted, where that is another pool. Errors of `json_methods` are JSON. A route that is
    `open_early` answers before there is an account on the site; all others lead to the page that makes the first one.
    """

    pool: Pool = Pool.PAGE
    post_pool: Pool | None = None
    json_methods: frozenset[str] = frozenset()
    open_early: bool = False

    def pool_of(self, method: str) -> Pool:
        """Return the pool that runs requests of this method."""
        if method == "POST" and self.post_pool:
            return self.post_pool
        return self.pool

    def tells_json(self, method: str) -> bool:
        """Tell whether errors of this method are JSON."""
        return method in self.json_methods


PAGE = RouteTraits()
SCRIPT = RouteTraits(json_methods=ALL_METHODS, open_early=True)
EXPORT = replace(SCRIPT, pool=Pool.EXPORT)
WATCHER = RouteTraits(pool=Pool.WATCH, open_early=True)
PICTURE = RouteTraits(pool=Pool.PICTURE)


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
