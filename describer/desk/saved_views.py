"""Saved views: made, named otherwise and removed, and how many a person may have."""

from django.db import IntegrityError, transaction

from describer.errors import Refusal
from describer.lib.lenient_json import clean
from describer.models import SavedView, User
from describer.models.saved_view import VIEW_CHARACTERS
from describer.models.tag import FOLDED_CHARACTERS, folded

MOST_VIEWS = 50


def views_of(person: User) -> list[SavedView]:
    """Return a person's saved views, in the order in which they were made."""
    return list(SavedView.objects.filter(owner=person).order_by("pk"))


def save_view(person: User, name: str, query: str) -> SavedView:
    """Save a list under a name; the same list under the same name is there once. Raises Refusal."""
    name = _judged_name(name)
    known = SavedView.objects.filter(owner=person, folded=folded(name)).first()
    if known is None and SavedView.objects.filter(owner=person).count() >= MOST_VIEWS:
        raise Refusal(
            f"At most {MOST_VIEWS} saved views; remove one first.", code="too_many_views", status=409
        )
    if known is None:
        values = {"name": name, "query": query}
        known, _ = SavedView.objects.get_or_create(owner=person, folded=folded(name), defaults=values)
    if known.query != query:
        raise _name_taken(known.name)
    return known


def rename_view(view: SavedView, name: str) -> None:
    """Give a saved view another name. Raises Refusal."""
    name = _judged_name(name)
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(name=name, folded=folded(name))
    except IntegrityError as error:
        raise _name_taken(name) from error


def _judged_name(name: str) -> str:
    """Return a name as it is stored. Raises Refusal."""
    name = " ".join(clean(name).replace("\x00", "").split())
    if not name:
        raise Refusal("Give the view a name.", code="missing_required_parameter", param="name")
    if len(name) > VIEW_CHARACTERS or len(folded(name)) > FOLDED_CHARACTERS:
        message = f"A view's name has at most {VIEW_CHARACTERS} characters."
        raise Refusal(message, code="invalid_value", param="name")
    return name


def _name_taken(name: str) -> Refusal:
    message = f"You have a view {name} already; take another name."
    return Refusal(message, code="view_exists", param="name", status=409)
