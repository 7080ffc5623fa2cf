"""Readers of environment variables; a secret may also lie in a file named by NAME_FILE."""

import json
import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from vision_site.server_url import option_names, server_url, web_address

# What may stand behind the ? of a PostgreSQL's URL.
_LIBPQ = frozenset(
    [
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "fallback_application_name",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "options",
        "passfile",
        "port",
        "require_auth",
        "requirepeer",
        "service",
        "sslcert",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "target_session_attrs",
        "tcp_user_timeout",
    ]
)

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,8000}")
_SHORTEST_SECRET = 8
_HEADERS_LIKE = 'write a header a line, like api-key: abc, or a JSON object like {"api-key": "abc"}'


def env_text(name: str, default: str = "") -> str:
    """Read a variable; one that is empty is not set."""
    return os.environ.get(name) or default


def env_contact(name: str, default: str) -> str:
    """Read an address or mail address that a header can carry."""
    text = env_text(name, default).strip()
    if not (text.isascii() and text.isprintable()) or set(text) & set("()\\"):
        raise ImproperlyConfigured(
            f"{name} is {text!r}; write an address such as https://example.org/bot or a mail address."
        )
    return text


def env_list(name: str) -> list[str]:
    """Read a variable that lists texts, separated by commas."""
    return [text.strip() for text in os.environ.get(name, "").split(",") if text.strip()]


def env_secret(name: str, default: str = "") -> str:
    """Read the variable NAME, or the stripped content of the file that NAME_FILE names (container secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return env_text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {path}") from error


def env_headers(name: str) -> dict[str, str]:
    """Read headers of HTTP, secret ones, and so never shown: `Name: value` on a line each, or a JSON object of texts."""
    text = env_secret(name)
    pairs = [(key.strip(), value.strip()) for key, value in _header_pairs(name, text)]
    for key, value in pairs:
        if not _HEADER_NAME.fullmatch(key) or not _HEADER_VALUE.fullmatch(value):
            raise ImproperlyConfigured(f"{name} is not right: {_HEADERS_LIKE}.")
    if len({key.lower() for key, _ in pairs}) < len(pairs):
        raise ImproperlyConfigured(f"{name} names a header twice.")
    return dict(pairs)


def header_secrets(headers: Mapping[str, str]) -> list[str]:
    """Return what must not be seen of secret headers; of "Bearer abc" also what stands behind the blank. Short ones are words."""
    values = [text for value in headers.values() for text in (value, value.rpartition(" ")[2])]
    return [text for text in values if len(text) >= _SHORTEST_SECRET]


def _header_pairs(name: str, text: str) -> list[tuple[str, str]]:
    if not text.startswith("{"):
        lines = [line.partition(":") for line in text.splitlines() if line.strip()]
        return [(key, value) for key, _, value in lines]
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, list) or not all(isinstance(value, str) for _, value in pairs):
        raise ImproperlyConfigured(f"{name} is not right: {_HEADERS_LIKE}.") from None
    return pairs


def env_bool(name: str, default: bool) -> bool:
    """Read a boolean variable; anything but the usual words for yes and no is refused, never guessed."""
    meanings = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in meanings:
        raise ImproperlyConfigured(f"{name} is {text!r}; write true or false.")
    return meanings[text]


def env_int(name: str, default: int, least: int = 0) -> int:
    """Read a variable that is a whole number, not below `least`."""
    text = os.environ.get(name, "").strip().replace("_", "")
    try:
        number = int(text) if text else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}; write a whole number.") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least {least}.")
    return number


def env_choice(name: str, default: str, *others: str) -> str:
    """Read a variable that is one of some words, in whatever case."""
    text = os.environ.get(name, "").strip().lower() or default
    if text not in (default, *others):
        raise ImproperlyConfigured(f"{name} is {text!r}; write {' or '.join((default, *others))}.")
    return text


def env_currency(name: str, default: str) -> str:
    """Read a variable that is a currency's code of three letters, as ISO 4217 has them."""
    text = os.environ.get(name, "").strip().upper() or default
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ImproperlyConfigured(f"{name} is {text!r}; write a code of three letters, like EUR.")
    return text


def env_ports(name: str) -> frozenset[int]:
    """Read a variable that lists ports, separated by commas."""
    texts = env_list(name)
    if not all(text.isascii() and text.isdigit() and 0 < int(text) < 65536 for text in texts):
        raise ImproperlyConfigured(f"{name} is {','.join(texts)!r}; write port numbers, separated by commas.")
    return frozenset(map(int, texts))


def env_networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read a variable that lists addresses and networks, separated by commas."""
    texts = env_list(name)
    try:
        return tuple(map(ip_network, texts))
    except ValueError as error:
        message = f"{name} is {','.join(texts)!r}; write addresses or networks like 10.1.2.0/24, separated by commas."
        raise ImproperlyConfigured(message) from error


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's settings of a PostgreSQL from its URL, which is a secret and so never shown."""
    if url.startswith("sqlite"):
        raise ImproperlyConfigured(
            "DATABASE_URL names an SQLite file; leave it out: the file is in DATA_DIR."
        )
    like = "postgres://user:password@host:5432/describer"
    schemes = ("postgres", "postgresql", "pgsql")
    parts = server_url("DATABASE_URL", url, schemes, "/[^/@]+", like)
    if unknown := set(option_names(parts)) - _LIBPQ:
        raise ImproperlyConfigured(
            f"DATABASE_URL has {len(unknown)} options behind its ? that PostgreSQL does not know."
        )
    return dict(dj_database_url.parse(url))


def env_redis(name: str) -> str:
    """Read the URL of a Redis."""
    url = env_secret(name)
    if url:
        server_url(name, url, ("redis", "rediss"), "/?|/[0-9]+/?", "redis://:password@host:6379/0")
    return url


def env_address(name: str, *, login: bool = False) -> str:
    """Read an http or https address."""
    return web_address(name, env_text(name), login=login)
