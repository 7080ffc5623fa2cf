"""From the base URL that an admin typed to the addresses that are asked."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

ASK = "/chat/completions"
LIST = "/models"
HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
LOCAL = re.compile(r"(localhost|127\.[0-9.]+|\[::1\]|0\.0\.0\.0)(:|/|$)", re.IGNORECASE)


def chat_url(base_url: str) -> str:
    """Where completions are asked for: a bare host gets /v1, any path is taken as it is, slashes are trimmed.

    Raises ValueError with a sentence when it is no address.
    """
    return with_path(parse_base_url(base_url), ASK)


def models_url(base_url: str) -> str:
    """Where the models are listed; rules and errors as in chat_url."""
    return with_path(parse_base_url(base_url), LIST)


def parse_base_url(base_url: str) -> SplitResult:
    text = base_url.strip()
    if not HAS_SCHEME.match(text):
        text = f"{'http' if LOCAL.match(text) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("The base URL is not an address.") from None
    if not parts.hostname or port == 0 or any(letter.isspace() for letter in text):
        raise ValueError("The base URL is not an address.")
    return parts


def with_path(parts: SplitResult, wanted: str) -> str:
    """User names and fragments are left out: the key is the only way we sign in."""
    root = parts.path.rstrip("/")
    root = root.removesuffix(ASK).rstrip("/") if root.endswith(ASK) else root or "/v1"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], root + wanted, parts.query, ""))


def shown_address(url: str) -> str:
    """The address as a person may see it: without user, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))[:200]
