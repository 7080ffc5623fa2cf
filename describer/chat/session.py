"""The requests session that all calls share, with what requests does by itself taken out."""

import os
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import BaseAdapter

from describer import __version__
from describer.lib.deadline import DeadlineAdapter

_HEADERS = {
    "User-Agent": f"Describer/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
}


class _Bearer(requests.auth.AuthBase):
    """Sets our key, or none. Being there at all keeps requests from putting a login of the URL in its place."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.key:
            request.headers["Authorization"] = f"Bearer {self.key}"
        return request


class Session(requests.Session):
    """No cookies, no redirects, no retries.

    Nothing of the machine is trusted but its proxies and certificates: requests would let a login of ~/.netrc
    override our key. They are read once for each address; requests reads all variables twice for each call, 0.4 ms.
    """

    def __init__(self, pool_size: int, adapters: Mapping[str, BaseAdapter]) -> None:
        super().__init__()
        self.trust_env = False
        self.surroundings: dict[str, tuple[dict[str, str], str | bool]] = {}
        self.templates: dict[tuple[Any, ...], requests.PreparedRequest] = {}
        self.headers.clear()
        self.headers.update(_HEADERS)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for prefix in ("https://", "http://"):
            self.mount(prefix, DeadlineAdapter(pool_size))
        for prefix, adapter in adapters.items():
            self.mount(prefix, adapter)

    def around(self, url: str) -> tuple[dict[str, str], str | bool]:
        """Return the proxies on the way to `url`, and the machine's own certificate file or True."""
        if url not in self.surroundings:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
            self.surroundings[url] = (requests.utils.get_environ_proxies(url), bundle)
        return self.surroundings[url]

    def prepared(
        self, method: str, url: str, headers: Mapping[str, str], key: str
    ) -> requests.PreparedRequest:
        """Return a request without its body.

        It is made once for each address: requests takes half a millisecond to prepare a request.
        """
        made_of = (method, url, *headers.items(), key)
        if made_of not in self.templates:
            bare = requests.Request(method, url, headers=dict(headers), auth=_Bearer(key))
            self.templates[made_of] = self.prepare_request(bare)
        return self.templates[made_of].copy()

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: with a target requests would read the whole body, however large.

        It would do so just to prepare the next request.
        """
