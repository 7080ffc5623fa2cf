"""System checks of the settings: what is wrong is said at the start, with the way to mend it."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from describer.chat.header_rules import OURS

TAG = "describer"


@register(TAG)
def check_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demand the names of its hosts from a site that listens on every address."""
    everywhere = settings.HOST in ("0.0.0.0", "::", "[::]")  # noqa: S104  compared, not bound
    if not everywhere or set(settings.ALLOWED_HOSTS) - set(settings.LOOPBACK_HOSTS):
        return []
    hint = "Set ALLOWED_HOSTS to the names under which people reach it, for example describer.example.org."
    return [
        Error(f"HOST is {settings.HOST}, and ALLOWED_HOSTS names no host.", hint=hint, id="describer.E001")
    ]


@register(TAG)
def check_endpoint(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demand a base URL that is an address, and that no key travels in the clear to another machine."""
    if not settings.VISION_BASE_URL:
        return []
    address = urlsplit(settings.VISION_BASE_URL)
    if address.scheme not in ("http", "https") or not address.hostname:
        hint = "Write it with its scheme, for example https://api.example.org/v1."
        return [Error("VISION_BASE_URL is no http or https address.", hint=hint, id="describer.E003")]
    named = {"VISION_API_KEY": settings.VISION_API_KEY, "VISION_HEADERS": settings.VISION_HEADERS}
    sent = [name for name, value in named.items() if value]
    if address.scheme == "http" and sent and not _is_near(address.hostname):
        hint = "Use https, or a server on this machine."
        what = f"{' and '.join(sent)} travel{'s' if len(sent) == 1 else ''} unencrypted."
        return [Warning(what, hint=hint, id="describer.W001")]
    return []


@register(TAG)
def check_headers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demand that no header of the environment says how a call is sent, or another key than VISION_API_KEY does."""
    names = {name.lower() for name in settings.VISION_HEADERS}
    if odd := sorted(names & OURS):
        hint = "Leave them out: the site sets them by itself."
        return [Error(f"VISION_HEADERS names {', '.join(odd)}.", hint=hint, id="describer.E006")]
    if settings.VISION_API_KEY and "authorization" in names:
        hint = "Set one of the two."
        what = "VISION_API_KEY and VISION_HEADERS both say what Authorization is."
        return [Error(what, hint=hint, id="describer.E007")]
    return []


@register(TAG)
def check_bucket(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demand that what was meant for a bucket reaches one.

    Else pictures would lie where nobody looks for them.
    """
    options = settings.S3_OPTIONS
    is_meant = any(options[name] for name in ("endpoint_url", "location", "access_key", "secret_key"))
    is_halved = bool(options["access_key"]) != bool(options["secret_key"])
    scheme = urlsplit(options["endpoint_url"] or "").scheme
    is_misspelt = bool(options["endpoint_url"]) and scheme not in ("http", "https")
    problems = {
        "An S3 setting is given, and S3_BUCKET names no bucket.": is_meant and not settings.S3_BUCKET,
        "S3_ACCESS_KEY and S3_SECRET_KEY go together, and one is missing.": is_halved,
        "S3_ENDPOINT is no http or https address.": is_misspelt,
    }
    hint = "docs/configuration.md has them all, under: pictures in a bucket."
    return [Error(text, hint=hint, id="describer.E004") for text, is_so in problems.items() if is_so]


@register(TAG)
def check_lease(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demand that a lease outlives a late heartbeat: else asks are taken from workers that are well."""
    # Heartbeats come with the sweeps, so that these bound how often they can come.
    if 3 * max(settings.HEARTBEAT_SECONDS, settings.SWEEP_SECONDS) <= settings.LEASE_SECONDS:
        return []
    hint = "Set LEASE_SECONDS to three times HEARTBEAT_SECONDS and SWEEP_SECONDS, or more."
    return [Error("LEASE_SECONDS is less than three heartbeats.", hint=hint, id="describer.E005")]


def _is_near(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1") or "." not in host
