"""What a key may see: its person's own; with the scope `admin`, where the person is one, everybody's.

A key without the scope `read` reaches what was asked with it alone: cancelling and asking again tell what is
there.
"""

from typing import Any

from django.db.models import Q
from django.http import Http404

from describer.errors import Refusal
from describer.models import ApiKey, Comparison, Description, Scope, User
from describer.models.description_rows import DescriptionQuerySet


def visible(key: ApiKey, description_id: int) -> Description:
    """Return the description if this key may see it.

    Raises Http404, whether the description is another person's or never was.
    """
    return _get_or_404(_within_reach(key), description_id)


def own(key: ApiKey, description_id: int) -> Description:
    """Return the description if it is the key's person's: an admin, too, asks again in no name but their own.

    Raises Http404, and Refusal (409) where it is in the trash.
    """
    return _untrashed(_get_or_404(_within_reach(key).filter(owner=key.user), description_id))


def usable(key: ApiKey, description_id: int) -> Description:
    """Return the description if this key may see it and something can be done with it.

    Raises Http404, and Refusal (409) where it is in the trash.
    """
    return _untrashed(visible(key, description_id))


def reach(key: ApiKey, description_id: int) -> DescriptionQuerySet:
    """Return the one row of a description that this key may see. Raises Http404."""
    return Description.objects.filter(pk=visible(key, description_id).pk)


def compared(key: ApiKey, comparison_id: int) -> tuple[Comparison, list[Description]]:
    """Return a comparison with those of its descriptions that this key may see, in the variants' order.

    Those in the trash are not among them. Raises Http404 where there are none.
    """
    rows = list(
        _within_reach(key)
        .untrashed()
        .filter(comparison=comparison_id)
        .select_related("owner", "endpoint", "comparison")
        .order_by("variant")
    )
    for row in rows:
        return row.comparison, rows
    raise Http404


def owner_of(key: ApiKey, user: str | None) -> int | None:
    """Return whose things `user` asks for: a person's id, 0 for nobody that the key may see, None for all."""
    if user is None or not (user or key.is_admin):
        return key.user_id
    if not user:
        return None
    person = _person_id(user)
    if key.is_admin or person == key.user_id:
        return person
    return 0


def _untrashed(row: Description) -> Description:
    if row.trashed:
        raise Refusal("This description is in the trash; restore it first.", code="trashed", status=409)
    return row


def _within_reach(key: ApiKey) -> Any:
    """Return the descriptions that this key may see, those in the trash too."""
    rows = Description.objects.present()
    if Scope.READ not in key.scopes:
        return rows.filter(key=key)
    if key.is_admin:
        return rows
    return rows.filter(owner=key.user)


def _person_id(user: str) -> int:
    """Return the id of the person with this name or, where nobody has it, with this id; else 0."""
    wanted = Q(username=user)
    if user.isascii() and user.isdecimal() and len(user) < 19:
        wanted |= Q(pk=int(user))
    people = dict(User.objects.filter(wanted).values_list("username", "pk"))
    return people.get(user) or next(iter(people.values()), 0)


def _get_or_404(rows: Any, description_id: int) -> Description:
    row: Description | None = rows.select_related("owner", "endpoint").filter(pk=description_id).first()
    if row is None:
        raise Http404
    return row
