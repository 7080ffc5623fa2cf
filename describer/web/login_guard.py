"""Wrong passwords, counted: from which address they come, how many it may send, and who is known there."""

import threading
import time
from collections import OrderedDict
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from describer.lib.client_address import vouched_address

_FAILURES_OF_ADDRESS = 50  # for whatever names; an office behind one address may well mistype ten times
_REMEMBERED = 10_000


class LoginMemory:
    """What this process remembers: how many logins an address has tried of late, and who has logged in from where."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.tries: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def rank(self, name: str, address: str) -> int:
        """Count a try, and return its place among others: 0 for who is known there, else the tries of the address."""
        now = time.monotonic()
        with self.lock:
            began, count = self.tries.pop(address, (now, 0))
            if now - began > self.seconds:
                began, count = now, 0
            _keep(self.tries, address, (began, count + 1))
            return 0 if (name, address) in self.known else count + 1

    def welcome(self, name: str, address: str) -> None:
        """Remember that this person has logged in from there."""
        with self.lock:
            self.known.pop((name, address), None)
            _keep(self.known, (name, address), None)

    def knows(self, name: str, address: str) -> bool:
        return (name, address) in self.known


def _keep(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    memory[key] = value
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


logins = LoginMemory(settings.AXES_COOLOFF_TIME * 3600)


def address_of(request: HttpRequest) -> str | None:
    """Return the address by which this request is counted; axes asks for it, too."""
    said = request.META
    chain = said.get("HTTP_X_FORWARDED_FOR", "")
    return vouched_address(said.get("REMOTE_ADDR") or "", chain, settings.TRUSTED_PROXIES) or None


class CountedLogins(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts by name and address, up to AXES_FAILURE_LIMIT, and by address alone, further up.

    By address alone nobody waits who has logged in from there before: others may share the address, strangers too where
    a proxy was not told of.
    """

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        of_name, of_address = (
            attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        if logins.knows(get_client_username(request, credentials) or "", request.axes_ip_address or ""):
            return of_name
        return max(of_name, of_address * settings.AXES_FAILURE_LIMIT // _FAILURES_OF_ADDRESS)

    def reset_user_attempts(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """Forget what was counted of this name there, and of no other."""
        of_name, _ = self.filter_user_attempts(request, credentials)
        count, _ = of_name.delete()
        return int(count)

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        super().user_logged_in(sender, request, user, **kwargs)
        logins.welcome(user.get_username(), request.axes_ip_address or "")
