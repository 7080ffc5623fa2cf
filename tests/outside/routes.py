"""Every route that the site has, from its own list: a new one is attacked without anybody thinking of it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import get_resolver

from tests.site import Site

HOLE = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


def routes(patterns: Iterable[Any], prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name, path) of each; what varies in a path stands there as {its name}."""
    for one in patterns:
        shape = HOLE.sub(lambda hole: "{" + (hole[1] or hole[2]) + "}", str(one.pattern))
        path = prefix + shape.strip("^$").replace(r"\Z", "")
        if hasattr(one, "url_patterns"):
            yield from routes(one.url_patterns, path, f"{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name or path}", path


ROUTES = dict(routes(get_resolver("vision_site.urls").url_patterns, "/"))


def address(site: Site, name: str, number: object, **holes: object) -> str:
    """The whole address of a route, with this number wherever no other is given."""
    filled = {"position": 0, "app_label": "describer", "kind": "csv", **holes}
    return site.url + re.sub(r"\{(\w+)\}", lambda hole: str(filled.get(hole[1], number)), ROUTES[name])


def its_address(site: Any, name: str) -> str:
    """The route to what is the admin's own on the site of these tests."""
    image = name in ("original", "thumbnail", "sent")
    first = "key" in name or "webhook" in name
    number = site.row["images"][0]["id"] if image else 1 if first else site.row["id"]
    return address(site, name, number)
