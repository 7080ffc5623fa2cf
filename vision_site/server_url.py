"""URLs of servers, which hold passwords: read strictly, and refused in words that show nothing of them.

`urlsplit` takes whatever it is given. A `#`, `?` or `/` within a password would end the host, and what is left of the
password would be looked up as a host's name, tried as a port or connected to as another server.
"""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_ESCAPES = "in a user's name or password write # as %23, ? as %3F, / as %2F, @ as %40, : as %3A and % as %25"
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_OPTION = re.compile(r"[a-z_]+=[^=]*", re.IGNORECASE)


def server_url(name: str, url: str, schemes: Collection[str], path: str, like: str) -> SplitResult:
    """Take the URL in the variable `name` apart; `path` is the pattern of its path. Raises ImproperlyConfigured."""
    if "://" not in url:
        raise ImproperlyConfigured(f"{name} is no URL; write one like {like}.")
    if _UNPRINTABLE.search(url):
        raise ImproperlyConfigured(f"{name} holds a space or a line break; write a space as %20.")
    if url.partition("://")[0].lower() not in schemes:
        raise ImproperlyConfigured(
            f"{name} names a kind of server that Describer does not know; write it like {like}."
        )
    parts = _split(url)
    if parts is None or not _is_plain(parts) or not re.fullmatch(path, parts.path):
        raise ImproperlyConfigured(f"{name} cannot be taken apart; write it like {like}, and {_ESCAPES}.")
    if any(_UNPRINTABLE.search(unquote(text).replace(" ", "")) for text in (parts.netloc, parts.path)):
        raise ImproperlyConfigured(
            f"{name} has a control character in it, written with %; that cannot be meant."
        )
    return parts


def _split(url: str) -> SplitResult | None:
    """Split a URL; None when its brackets or its port are none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  is read here and not before
    except ValueError:
        return None
    return parts


def _is_plain(parts: SplitResult) -> bool:
    """Tell whether nothing of a password can have got behind the host: there it would look like nothing else."""
    options = parts.query.split("&") if parts.query else []
    return not parts.fragment and "#" not in parts.geturl() and all(map(_OPTION.fullmatch, options))


def option_names(parts: SplitResult) -> list[str]:
    return [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]


def passwords_in(*urls: str) -> list[str]:
    """Return the passwords of URLs, as they are written there and as they are sent.

    One of three letters is none: to black it out would make every line unreadable.
    """
    parts = [split for url in urls if (split := _split(url))]
    written = [split.password for split in parts if split.password and len(split.password) > 3]
    return [*written, *map(unquote, written)]


def web_address(name: str, url: str, *, login: bool) -> str:
    """Return an address as it is, when it can be taken apart, and has no login where none is meant.

    Raises ImproperlyConfigured.
    """
    parts = _split(url)
    if parts is None or _UNPRINTABLE.search(url):
        raise ImproperlyConfigured(f"{name} is no address; write one like https://host.example.org:9000.")
    if "@" in parts.netloc and not login:
        raise ImproperlyConfigured(f"{name} has a login in it; keys have variables of their own.")
    return url
