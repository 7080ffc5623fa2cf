"""No spelling of an address that is not public gets through."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.lib.deadline import Deadline
from describer.lib.guard import AddressRefused, FetchFailed, GuardedClient, is_open
from tests.gallery import CONNECTIONS

INSIDE: tuple[str, ...] = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
)
INSIDE += ("100.64.0.0/10", "224.0.0.0/4", "240.0.0.0/4", "198.18.0.0/15")


def within(network):
    first = int(IPv4Network(network).network_address)
    return st.integers(first, first + IPv4Network(network).num_addresses - 1)


numbers = st.one_of([within(network) for network in INSIDE])
digits = st.sampled_from([str, hex, lambda part: f"0{part:o}", lambda part: f"0X{part:X}"])


@st.composite
def dotted(draw):
    """One to four parts, each decimal, octal or hexadecimal: what inet_aton takes."""
    number, count = draw(numbers), draw(st.integers(1, 4))
    parts = [number >> (24 - 8 * place) & 255 for place in range(count - 1)]
    rest = number & (1 << (32 - 8 * (count - 1))) - 1
    return ".".join(draw(digits)(part) for part in [*parts, rest])


@st.composite
def embedded(draw):
    """An IPv6 address that leads to the number, in one of the ways of writing it."""
    number = draw(numbers)
    places = {
        0: 0,
        0xFFFF << 32: 0,
        0xFFFF << 48: 0,
        0x64FF9B << 96: 0,
        0x2002 << 112: 80,
        0x20010000 << 96: 64,
    }
    prefix, shift = draw(st.sampled_from(list(places.items())))
    address = IPv6Address(prefix | number << shift)
    text = draw(st.sampled_from([address.compressed, address.exploded, address.compressed.upper()]))
    ends_with_ipv4 = shift == 0 and draw(st.booleans())
    return f"[{address.exploded[:30]}{IPv4Address(number)}]" if ends_with_ipv4 else f"[{text}]"


@st.composite
def escaped(draw):
    return "".join(f"%{ord(letter):02x}" if draw(st.booleans()) else letter for letter in draw(dotted()))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    host=st.one_of(dotted(), embedded(), escaped()),
    scheme=st.sampled_from(["http", "https", "HTTP", "hTTps"]),
    rest=st.sampled_from(["", "/", "/a.jpg?b#c", ":80/", ":443", "?x", "#@public.example"]),
)
def test_a06_no_spelling_of_an_address_inside_is_ever_connected_to(host, scheme, rest):
    guarded_client = GuardedClient()
    with CONNECTIONS as connected, pytest.raises((AddressRefused, FetchFailed)) as caught:
        link = guarded_client.link(f"{scheme}://{host}{rest}")
        with guarded_client.ask("GET", link, Deadline(5, 5, 5), {}):
            raise AssertionError("let in")
    assert connected == []
    assert caught.type is AddressRefused


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "223.255.255.255"]
)
def test_public_addresses_are_open(address):
    assert is_open(ip_address(address))
    assert is_open(ip_address(f"::ffff:{address}"))
    assert is_open(ip_address(f"64:ff9b::{address}"))


@pytest.mark.parametrize("address", ["2606:4700::1111", "2a00:1450::1", "2620:fe::fe"])
def test_public_ipv6_addresses_are_open(address):
    assert is_open(ip_address(address))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_nothing_is_open_that_python_knows_to_be_private(address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        assert not is_open(address)
        assert not is_open(IPv6Address(f"::ffff:{address}"))
