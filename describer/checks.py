"""System checks of the settings: what is wrong is said at the start, with the way to mend it."""

import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

TAG = "describer"


@register(TAG)
def check_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A site that listens on every address must be told under which names."""
    everywhere = settings.HOST in ("0.0.0.0", "::", "[::]")  # noqa: S104  compared, not bound
    if not everywhere or set(settings.ALLOWED_HOSTS) - set(settings.LOOPBACK_HOSTS):
        return []
    hint = "Set ALLOWED_HOSTS to the names under which people reach it, for example describer.example.org."
    return [
        Error(f"HOST is {settings.HOST}, and ALLOWED_HOSTS names no host.", hint=hint, id="describer.E001")
    ]


@register(TAG)
def check_data_dir(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The data folder must be writable."""
    if os.access(settings.DATA_DIR, os.W_OK):
        return []
    hint = "Give it to the user who runs the site, or set DATA_DIR to another folder."
    return [Error(f"{settings.DATA_DIR} cannot be written.", hint=hint, id="describer.E002")]


@register(TAG)
def check_endpoint(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The base URL must be one, and a key must not travel in the clear to another machine."""
    if not settings.VISION_BASE_URL:
        return []
    address = urlsplit(settings.VISION_BASE_URL)
    if address.scheme not in ("http", "https") or not address.hostname:
        hint = "Write it with its scheme, for example https://api.example.org/v1."
        return [Error("VISION_BASE_URL is no http or https address.", hint=hint, id="describer.E003")]
    if address.scheme == "http" and settings.VISION_API_KEY and not _is_near(address.hostname):
        hint = "Use https, or a server on this machine."
        return [Warning("VISION_API_KEY travels unencrypted.", hint=hint, id="describer.W001")]
    return []


@register(TAG)
def check_bucket(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What was meant for a bucket must reach one: else pictures would lie where nobody looks for them."""
    given = settings.S3_OPTIONS
    problems = {
        "An S3 setting is given, and S3_BUCKET names no bucket.": not settings.S3_BUCKET
        and any(given[name] for name in ("endpoint_url", "location", "access_key", "secret_key")),
        "S3_ACCESS_KEY and S3_SECRET_KEY go together, and one is missing.": bool(given["access_key"])
        != bool(given["secret_key"]),
        "S3_ENDPOINT is no http or https address.": bool(given["endpoint_url"])
        and urlsplit(given["endpoint_url"] or "").scheme not in ("http", "https"),
    }
    hint = "docs/configuration.md has them all, under: pictures in a bucket."
    return [Error(words, hint=hint, id="describer.E004") for words, is_so in problems.items() if is_so]


@register(TAG)
def check_lease(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A lease must outlive a heartbeat that comes late: else asks are taken from workers that are well."""
    # Heartbeats come with the sweeps, so that these bound how often they can come.
    if 3 * max(settings.HEARTBEAT_SECONDS, settings.SWEEP_SECONDS) <= settings.LEASE_SECONDS:
        return []
    hint = "Set LEASE_SECONDS to three times HEARTBEAT_SECONDS and SWEEP_SECONDS, or more."
    return [Error("LEASE_SECONDS is less than three heartbeats.", hint=hint, id="describer.E005")]


def _is_near(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1") or "." not in host
