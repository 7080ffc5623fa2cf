"""Which descriptions somebody sees, which lie in the trash, and what goes with those that are deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from describer.db.clock import clock
from describer.models.comparison import Comparison
from describer.models.image import Image

if TYPE_CHECKING:
    from describer.models.description import Description  # noqa: F401  named in the type of its rows

DOOMED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time in the trash of what is deleted for good and is only to be cleared away: long over, whatever UNDO_MINUTES says."""


def undo_begins() -> datetime:
    """Return the time since which whatever was put into the trash can be restored."""
    return clock.now() - timedelta(minutes=settings.UNDO_MINUTES)


class DescriptionQuerySet(models.QuerySet["Description"]):
    def of(self, person: Any) -> "DescriptionQuerySet":
        """Return what this person may see, the trash included: their own descriptions; an admin sees everybody's."""
        rows = self.present()
        return rows if person.is_superuser else rows.filter(owner=person)

    def untrashed(self) -> "DescriptionQuerySet":
        """Return the descriptions that are not in the trash: what lists, shares and pages hold."""
        return self.filter(trashed=None)

    def restorable(self) -> "DescriptionQuerySet":
        """Return those in the trash that can be restored."""
        return self.filter(trashed__gt=undo_begins())

    def present(self) -> "DescriptionQuerySet":
        """Return those that are there for somebody: not in the trash, or still to be restored."""
        return self.filter(Q(trashed=None) | Q(trashed__gt=undo_begins()))

    def due(self) -> "DescriptionQuerySet":
        """Return those whose time in the trash is over: they are there for nobody, and upkeep deletes them."""
        return self.filter(trashed__lte=undo_begins())

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the descriptions, let go of the pictures that nothing else shows, and drop what nothing has any more."""
        with letting_go(self):
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


@contextmanager
def letting_go(rows: DescriptionQuerySet) -> Iterator[None]:
    """Let go, in one transaction with what is done within, of what these rows alone had: pictures, tags, comparisons, words."""
    with transaction.atomic():
        comparisons = Comparison.held(rows.exclude(comparison=None).values_list("comparison", flat=True))
        images = list(rows.exclude(pictures=None).values_list("pictures__image", flat=True))
        cast(Any, apps.get_model("describer.SearchGap"))._default_manager.note_left_words()
        tags = list(rows.exclude(tagged=None).values_list("tagged__tag", flat=True))
        yield
        Image.let_go_of(images)
        Comparison.let_go_of(comparisons)
        apps.get_model("describer.Tag")._default_manager.filter(pk__in=tags, descriptions=None).delete()
