"""Whose request it is: the address that the proxies vouch for, of all that a request may claim."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:]+))(?::\d{1,5})?")
_HOUSE = 64  # bits of IPv6 that one house has: it can change the others with each request


def vouched_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """Return the address of who asks, as the nearest `proxies` proxies saw it, or "".

    Each of them adds the address that it saw to X-Forwarded-For, or writes it anew; what stands before that the visitor
    has written. Where the chain is shorter, a nearer proxy was asked directly: it saw who asked. What is no address is
    passed over for the next nearer one, in the end for the peer of the socket.
    """
    seen = [*forwarded_for.split(","), peer]
    if not forwarded_for.strip():
        seen = [peer]
    return next(filter(None, map(counted_address, _trusted(seen, proxies))), "")


def counted_address(text: str) -> str:
    """Return an address as tries from it are counted, or "" for what is none: without its port, IPv6 as its /64."""
    text = text.strip()
    match = _WITH_PORT.fullmatch(text)
    if match:
        text = match["six"] or match["four"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if not address.ipv4_mapped:
            return str(ip_network((int(address), _HOUSE), strict=False).network_address)
        address = address.ipv4_mapped
    return str(address)


def _trusted(seen: list[str], proxies: int) -> Iterable[str]:
    """Return what the proxies vouch for, the farthest first."""
    return seen[-(proxies + 1) :]
