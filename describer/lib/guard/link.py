"""A link, read once: what is judged is what is asked."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from string import punctuation
from urllib.parse import quote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from describer.lib.guard.errors import AddressRefused

LONGEST = 8000  # characters: what storages sign for a while takes some thousands
PORTS = frozenset((80, 443))
_USUAL = {"http": 80, "https": 443}
# Browsers drop or turn these, each in its own way; half a pair of surrogates is no letter and fits no encoding.
_STRANGE = re.compile("[\x00-\x20\x7f-\xa0\\\\\ud800-\udfff]")


_AUTHORITY = re.compile(r"[a-zA-Z]{1,9}://[^/?#]*")
_AS_GIVEN = punctuation  # all else but letters and digits is no part of an address, and is written as UTF-8
_LONGEST_HOST, _LONGEST_LABEL = 253, 63  # what DNS has room for


@dataclass(frozen=True)
class Link:
    """An http or https address without a login. `host` is ASCII, IPv6 without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def read(cls, text: str, ports: Collection[int] = PORTS) -> "Link":
        """Read a link. Raises AddressRefused when it is none, or goes to a port that is not among `ports`."""
        text = text.strip().replace(" ", "%20")
        if len(text) > LONGEST or _STRANGE.search(text):
            raise AddressRefused
        try:
            parts = parse_url(text)
        except LocationParseError:
            raise AddressRefused from None
        scheme = parts.scheme or ""
        port = parts.port
        if port is None:
            port = _USUAL.get(scheme)
        if (
            not parts.host
            or parts.auth is not None
            or port is None
            or port not in ports
            or scheme not in _USUAL
            or not _is_host(parts.host)
        ):
            raise AddressRefused
        return cls(scheme, parts.host.strip("[]"), port, _target_of(text))

    def follow(self, location: str, ports: Collection[int] = PORTS) -> "Link":
        """Return where a redirect leads from here. Raises AddressRefused as `read` does."""
        try:
            return Link.read(urljoin(str(self), location), ports)
        except ValueError:
            raise AddressRefused from None

    @property
    def authority(self) -> str:
        """Return the host, and the port where that is not the usual one, as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == _USUAL[self.scheme]:
            return host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def _target_of(text: str) -> str:
    """Return path and query letter by letter as they were given: what is signed is these very letters."""
    begun = _AUTHORITY.match(text)
    target = text[begun.end() if begun else 0 :].partition("#")[0]
    if not target.startswith("/"):
        target = f"/{target}"
    return quote(target, safe=_AS_GIVEN)


def _is_host(host: str) -> bool:
    """Tell whether DNS could know such a name; one beyond its bounds would be taken, and never be found."""
    if "%" in host:
        return False
    labels = host.removesuffix(".").split(".")
    return len(host) <= _LONGEST_HOST and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def host_of(url: str) -> str:
    """Return the host of an address, in the letters in which it is asked for; any other text unchanged."""
    try:
        return parse_url(url).host or url
    except LocationParseError:
        return url
