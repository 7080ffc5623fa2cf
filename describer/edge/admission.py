"""Whose body is taken: that of people whom the site knows. A stranger's would lie on its disk before any view looks."""

from collections.abc import Mapping

from django.conf import settings

from describer.api.auth import found, of_active_person, secret_in
from describer.api.callers import Callers, KnownCaller
from describer.api.v1.call import callers
from describer.edge.sound_request import sound_cookies
from describer.errors import Refusal
from describer.lib.route_traits import Body, RouteTraits
from describer.media.allowance import allowance
from describer.models.credentials import people_of_sessions

Headers = Mapping[bytes, bytes]


def _of_key(authorization: str) -> KnownCaller:
    key = of_active_person(found(secret_in(authorization)))
    return KnownCaller(key.user_id, key.pk)


def _of_session(key: str) -> KnownCaller:
    """Return who is logged in. Raises Refusal (401) for nobody."""
    person = people_of_sessions([key]).get(key)
    if person is None:
        message = "You are logged out. Log in again, then send it once more; nothing was stored."
        raise Refusal(message, code="login", status=401)
    return KnownCaller(person)


_keys = Callers(_of_key)
_sessions = Callers(_of_session)


async def admit_call(_: RouteTraits, headers: Headers) -> int:
    """Return the id of the person who calls our own endpoint. Raises Refusal."""
    caller = await callers.caller(headers.get(b"authorization", b"").decode("latin-1"))
    return caller.person


async def admit(traits: RouteTraits, headers: Headers) -> int:
    """Return the id of the person who sends a request.

    Raises Refusal for a stranger, and for whoever has uploaded all that one may for now.
    """
    if traits.by_key:
        caller = await _keys.caller(headers.get(b"authorization", b"").decode("latin-1"))
    else:
        cookies = sound_cookies(headers.get(b"cookie", b"").decode("latin-1"))
        caller = await _sessions.caller(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    if traits.body == Body.FILES:
        allowance.check(caller.person)
    return caller.person
