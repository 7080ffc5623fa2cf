"""Whose sessions and keys are still good: for requests whose body is not taken yet, and for streams that stay open."""

import re
from collections.abc import Collection
from hmac import compare_digest
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session as StoredSession
from django.utils import timezone

from describer.models.person import ApiKey, User

_SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")


def people_of_sessions(keys: Collection[str]) -> dict[str, int]:
    """Return, by their keys, whose sessions these are, without those that are over.

    A session is over when it was logged out or has expired, when its person is disabled, and with a new password. Two
    statements, however many keys.
    """
    sound = [key for key in keys if _SESSION_KEY.fullmatch(key)]
    rows = StoredSession.objects.filter(session_key__in=sound, expire_date__gt=timezone.now())
    sessions = {row.session_key: row.get_decoded() for row in rows}
    people = User.objects.filter(is_active=True).in_bulk({*filter(None, map(_person_id, sessions.values()))})
    return {
        key: person.pk
        for key, data in sessions.items()
        if (person := people.get(_person_id(data))) and _has_hash_of(data, person)
    }


def keys_still_good(numbers: Collection[int]) -> set[int]:
    """Return which of these keys, by their ids, open something: not revoked or expired, of people who are active."""
    return set(ApiKey.objects.usable().filter(pk__in=numbers).values_list("pk", flat=True))


def _person_id(data: dict[str, Any]) -> int:
    """Return the id of the person who is logged in in a session; 0 for nobody."""
    return int(data.get(SESSION_KEY) or 0)


def _has_hash_of(data: dict[str, Any], person: User) -> bool:
    """Tell whether a session was begun with the person's password as it is now."""
    held = data.get(HASH_SESSION_KEY) or ""
    hashes = [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]
    return any(compare_digest(held, good) for good in hashes)
