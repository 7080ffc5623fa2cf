"""How pages tell of the trash: until when something can be restored, and the message by which an act is undone."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from describer.desk.trash import Act
from describer.models import Description


def say_trashed(request: HttpRequest, act: Act) -> None:
    """Say what was put into the trash, with the button that undoes it: `_toast.html` makes it of the message's extra tags."""
    words = f"{act.count:,} descriptions are"
    if act.count == 1:
        words = "The description is"
    if settings.UNDO_MINUTES:
        messages.success(request, f"{words} in the trash.", extra_tags=act.name)
    else:
        messages.success(request, f"{words} deleted.")


def ends_of(row: Description) -> datetime | None:
    """Return until when a description in the trash can be restored; None for one that is not there."""
    if row.trashed is None:
        return None
    return row.trashed + timedelta(minutes=settings.UNDO_MINUTES)
