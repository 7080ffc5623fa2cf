"""From the base URL that an admin typed to the addresses that are asked."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

_ASK = "/chat/completions"
_LIST = "/models"
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LOCAL = re.compile(r"(localhost|127\.[0-9.]+|\[::1\]|0\.0\.0\.0)(:|/|$)", re.IGNORECASE)


def chat_url(base_url: str) -> str:
    """Return the address at which completions are asked for.

    A bare host gets /v1, any path is taken as it is, slashes are trimmed.
    Raises ValueError with a sentence when `base_url` is no address.
    """
    return _with_path(_parse_base_url(base_url), _ASK)


def models_url(base_url: str) -> str:
    """Return the address at which the models are listed; rules and errors as in chat_url."""
    return _with_path(_parse_base_url(base_url), _LIST)


def _parse_base_url(base_url: str) -> SplitResult:
    text = _with_scheme(base_url.strip())
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("The base URL is not an address.") from None
    if not parts.hostname or port == 0 or any(letter.isspace() for letter in text):
        raise ValueError("The base URL is not an address.")
    return parts


def _with_scheme(text: str) -> str:
    """Put http before a machine of our own and https before any other, where a person typed neither."""
    if _HAS_SCHEME.match(text):
        return text
    if _LOCAL.match(text):
        return f"http://{text}"
    return f"https://{text}"


def _with_path(parts: SplitResult, wanted: str) -> str:
    """Put `wanted` below the base URL, without user name and fragment: the key is the only way we sign in."""
    root = parts.path.rstrip("/") or "/v1"
    if root.endswith(_ASK):
        root = root.removesuffix(_ASK).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], root + wanted, parts.query, ""))


def shown_address(url: str) -> str:
    """Return the address as a person may see it: without user, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))[:200]
