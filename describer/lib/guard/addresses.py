"""Which addresses anybody may be led to.

By lists of our own: Python's `is_global` lets multicast, NAT64 and 6to4 by, and differs from release to release.
Sources: the special-purpose registries of IANA for IPv4 and IPv6.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

_Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, and the metadata of a cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # the metadata of another cloud, at a public address
        "169.254.0.0/16",  # link-local, and the metadata of most
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols, and the metadata of one more
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocols
        "2001:db8::/32",  # documentation
        "3fff::/20",
    )
)
# All else of IPv6 is loopback, private, link-local, multicast or not given out.
_UNICAST = IPv6Network("2000::/3")
_TO_IPV4_AT_THE_END = tuple(
    IPv6Network(text)
    for text in (
        "::/96",  # compatible
        "::ffff:0:0/96",  # mapped
        "::ffff:0:0:0/96",  # translated
        "64:ff9b::/96",  # NAT64
    )
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")


def is_open(address: _Address, trusted: Iterable[Network] = ()) -> bool:
    """Tell whether an address is public, or in a network that the admin trusts.

    An IPv4 address inside an IPv6 address decides for it.
    """
    if any(address in network for network in trusted):
        return True
    if isinstance(address, IPv6Address):
        if inner := list(_inner(address)):
            return all(is_open(ipv4, trusted) for ipv4 in inner)
        if address not in _UNICAST:
            return False
    return not any(address in network for network in _CLOSED)


def _inner(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that packets to this address end at, or pass through."""
    number = int(address)
    if any(address in network for network in _TO_IPV4_AT_THE_END):
        yield IPv4Address(number & 0xFFFFFFFF)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~number & 0xFFFFFFFF)
