"""Taking up replies that a process which is gone had kept on disk: they were paid for, and are written down after all."""

import logging
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from describer.db.connections import release
from describer.db.unavailable import is_unavailable
from describer.engine import journal, store
from describer.engine.queue import Run
from describer.engine.queue.lease import until
from describer.models import Attempt, Description, Status
from describer.models.states import waited_for
from describer.models.transcript import transcript_of

logger = logging.getLogger(__name__)


def recover() -> int:
    """Write down what processes that are gone have left, and return how many replies; none while the database is away."""
    return sum(_recover_folder(folder) for folder in journal.left_folders())


def _recover_folder(folder: Path) -> int:
    count = 0
    for kept in journal.entries_in(folder):
        try:
            written = _recovered(kept)
        except Exception as error:
            release()
            if is_unavailable(error):
                return count
            logger.exception("%s holds a reply that cannot be written", kept.path)
            continue
        if written:
            kept.path.unlink(missing_ok=True)
            count += 1
    return count


def _recovered(kept: journal.KeptEntry) -> bool:
    """Write one reply; what is known of its call and its ask is looked up anew. False while the database takes nothing."""
    attempt = Attempt.objects.filter(pk=kept.attempt).first()
    if attempt is None:
        return True  # the database is another one, or was restored
    description = (
        Description.objects.select_related("endpoint", "transcript").filter(pk=kept.description).first()
    )
    if description is None:
        description = Description(pk=kept.description)  # deleted: the ledger's line is completed all the same
    run = Run(description, kept.token, transcript=transcript_of(description))
    _take_up(run, attempt)
    logger.warning(
        "a reply that a process had kept on disk is written down", extra={"description": description.pk}
    )
    # That its endpoint had to pause was true then; whoever asks it next will hear.
    return store.is_written(journal.Entry(run, attempt, replace(kept.outcome, pauses="")))


def _take_up(run: Run, attempt: Attempt) -> None:
    """Take an ask under its old lease again that was handed back meanwhile, if nobody has called for it since."""
    rows = Description.objects.filter(pk=run.description.pk, calls=attempt.number, lease_token="")
    open_again = rows.filter(status__in=(Status.QUEUED, Status.WAITING)).exclude(via__in=waited_for())
    with transaction.atomic():
        open_again.update(status=Status.RUNNING, lease_token=run.token, lease_until=until())


def forget_deleted() -> int:
    """Remove what is kept for good of descriptions that are gone: deleted means deleted. Returns how many files."""
    count = 0
    for kept in journal.kept_for_good():
        if not Description.objects.filter(pk=kept.description).exists():
            kept.path.unlink(missing_ok=True)
            count += 1
    return count
