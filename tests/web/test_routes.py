"""What routes say of themselves: which threads run them, how their errors are told, whether they are open early."""

import pytest
from django.urls import URLPattern, get_resolver

from describer.lib.route_traits import Pool, traits_of
from describer.middleware import traits_of_path


def all_routes(patterns, prefix=""):
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, traits_of(pattern.callback)
        else:
            yield from all_routes(pattern.url_patterns, address)


def test_every_route_for_scripts_tells_its_errors_as_json_and_is_open_early():
    routes = [
        (address, traits)
        for address, traits in all_routes(get_resolver("describer.urls").url_patterns)
        if address.startswith(("api", "v1", "chat/"))
    ]
    assert len(routes) > 30
    wrong = [address for address, traits in routes if not (traits.open_early and traits.tells_json("GET"))]
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "method", "pool"),
    [
        ("/", "POST", Pool.PAGE),
        ("/nowhere/", "GET", Pool.PAGE),
        ("/login/", "GET", Pool.PAGE),
        ("/login/", "POST", Pool.LOGIN),
        ("/admin/login/", "POST", Pool.LOGIN),
        ("/images/7/thumbnail/", "GET", Pool.PICTURE),
        ("/descriptions/7/sent/0/", "GET", Pool.PICTURE),
        ("/api/descriptions.jsonl", "GET", Pool.EXPORT),
        ("/api/descriptions.csv/", "GET", Pool.EXPORT),
        ("/history/bulk/", "POST", Pool.EXPORT),
        ("/history/export.csv", "GET", Pool.EXPORT),
        ("/readyz", "GET", Pool.WATCH),
        ("/metrics", "GET", Pool.WATCH),
        ("/live/", "GET", Pool.LOOP),
    ],
)
def test_a_route_says_which_threads_run_it(path, method, pool):
    assert traits_of_path(path).pool_of(method) == pool


def test_the_tray_alone_is_told_in_json_why_something_was_refused():
    assert traits_of_path("/images/").tells_json("POST")
    assert traits_of_path("/images/").tells_json("GET")
    assert not traits_of_path("/images/7/").tells_json("GET")
