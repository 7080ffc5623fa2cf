"""Of all addresses that a request claims, the one that the site's own proxies vouch for is counted."""

import pytest

from describer.lib.client_address import counted_address, vouched_address

PROXY = "10.0.0.1"
MADE_UP = "198.51.100.1, 198.51.100.2, 198.51.100.3"


@pytest.mark.parametrize(
    ("proxies", "chain", "address"),
    [
        (0, "", PROXY),
        (0, "203.0.113.7", PROXY),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, f"{MADE_UP}, 203.0.113.7", "203.0.113.7"),
        (1, f"{MADE_UP},203.0.113.7:4711", "203.0.113.7"),
        (1, "garbage, 203.0.113.7", "203.0.113.7"),
        (1, "203.0.113.7, unknown", PROXY),
        (1, "", PROXY),
        (1, " , ", PROXY),
        (2, f"{MADE_UP}, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        (3, "203.0.113.7, 10.0.0.3, 10.0.0.2", "203.0.113.7"),
    ],
)
def test_fe09_the_address_is_what_the_trusted_proxies_saw_whatever_stands_before(proxies, chain, address):
    assert vouched_address(PROXY, chain, proxies) == address


def test_fe09_behind_a_socket_without_an_address_only_the_proxy_says_who_asks():
    assert vouched_address("", "203.0.113.7", 1) == "203.0.113.7"
    assert vouched_address("", "203.0.113.7", 0) == ""


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7:80 ", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("unknown", ""),
        ("_hidden", ""),
        ("1.2.3", ""),
        ("1.2.3.4:99999999", ""),
        ("[", ""),
        ("١.٢.٣.٤", ""),
        ("a" * 10_000, ""),
    ],
)
def test_fe09_an_address_is_counted_without_its_port_and_ipv6_by_its_house(text, counted):
    assert counted_address(text) == counted
