"""What a key may see: its person's own; with the scope `admin`, where the person is one, everybody's.

One without the scope `read` reaches what was asked with it alone: cancelling and asking again tell what is there.
"""

from typing import Any

from django.db.models import Q
from django.http import Http404

from describer.models import ApiKey, Description, Scope, User


def visible(key: ApiKey, description_id: int) -> Description:
    """The description, if this key may see it. Raises Http404, whether it is another's or never was."""
    return _found(within_reach(key), description_id)


def own(key: ApiKey, description_id: int) -> Description:
    """The description, if it is the key's person's: an admin, too, asks again in no name but their own. Raises Http404."""
    return _found(within_reach(key).filter(owner=key.user), description_id)


def within_reach(key: ApiKey) -> Any:
    """The descriptions that this key may see."""
    if Scope.READ not in key.scopes:
        return Description.objects.filter(key=key)
    return Description.objects.all() if key.is_admin else Description.objects.filter(owner=key.user)


def owner_of(key: ApiKey, user: str | None) -> int | None:
    """Whose things are asked for by `user`: the id of a person, 0 for nobody this key may see, None for everybody's."""
    if user is None or not (user or key.is_admin):
        return key.user_id
    if not user:
        return None
    found = _named(user)
    return found if key.is_admin or found == key.user_id else 0


def _named(user: str) -> int:
    """The id of the person with this name or, where nobody has it, with this id; 0 when there is none."""
    by_id = Q(pk=int(user)) if user.isascii() and user.isdecimal() and len(user) < 19 else Q()
    people = dict(User.objects.filter(Q(username=user) | by_id).values_list("username", "pk"))
    return people.get(user) or next(iter(people.values()), 0)


def _found(rows: Any, description_id: int) -> Description:
    found: Description | None = rows.select_related("owner", "endpoint").filter(pk=description_id).first()
    if found is None:
        raise Http404
    return found
