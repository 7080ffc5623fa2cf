"""Which headers may be added to the calls of an endpoint."""

import re

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?")
# They say how the call itself is sent.
OURS = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
        "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
# By words: Portkey's headers are no keys, but for one.
_SECRET = re.compile(
    r"(^|[-_.])((api)?keys?|auth(orization|entication)?|cookies?)($|[-_.])|token|secret|passw|credential|signature",
    re.IGNORECASE,
)


def header_fault(name: str, value: object) -> str:
    """Say what is wrong with a header that everybody may see who sees an endpoint's settings; "" if nothing is."""
    if not _NAME.fullmatch(name) or not isinstance(value, str) or not _VALUE.fullmatch(value):
        return "A header is a name of letters, digits and hyphens, and a text of at most 1,000 printable letters of ASCII."
    if name.lower() in OURS:
        return f"{name} says how a call is sent, and is set by the site itself."
    if _SECRET.search(name):
        return f"{name} sounds like a secret: give it by the variable VISION_HEADERS, which is shown nowhere."
    return ""
