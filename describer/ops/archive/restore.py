"""Putting an archive into an empty site: nothing is written before every hash is right, and all rows in one transaction."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.exceptions import IrreversibleError

from describer.db import version
from describer.db.migrating import WholeExecutor
from describer.engine.queue.sweep import give_up
from describer.models import Attempt, Description, Status, Via
from describer.models.description import UNLEASED
from describer.models.webhook import tell_webhooks
from describer.ops.archive.checking import checked
from describer.ops.archive.empty import refuse_filled_database
from describer.ops.archive.errors import ArchiveError, as_words
from describer.ops.archive.files import drop_files_of, put_files, refuse_filled_storage
from describer.ops.archive.manifest import OPEN, LedgerSums, Manifest
from describer.ops.archive.reading import Tell, lines, members, silent, translate_errors
from describer.ops.archive.rows import Reader, Row, model_of
from describer.ops.archive.snapshot import set_number
from describer.search import index

_CODE = "restored"
_WORDS = (
    "This ask was under way when the backup was made that the site was restored from. It may have been answered, and "
    "paid for, since. Ask again if you want it."
)
_AT_ONCE = 500


@dataclass(frozen=True)
class Restored:
    """What was put back; of what was under way, how many asks ended or were queued, and calls that are `unknown` now."""

    manifest: Manifest
    ended: int
    queued: int
    unknown: int


def restore(path: Path, *, queue_again: bool = False, tell: Tell = silent) -> Restored:
    """Put an archive into this site's database and storage.

    Raises ArchiveError, and then nothing of it is there.

    Asks that were under way end as failed, since they may have been answered since; `queue_again` queues them
    instead.
    """
    manifest = checked(path, tell)
    refuse_filled_database()
    resumed = refuse_filled_storage(path)
    try:
        apps = _migrated_for(manifest)
        with translate_errors(path):
            put_files(path, tell)
            _put_rows(path, manifest, apps, tell)
    except BaseException:
        if not resumed:
            drop_files_of(path)
        raise
    finally:
        if version.mismatch():
            call_command("migrate", interactive=False, verbosity=0)
    return _settled(manifest, queue_again)


def _migrated_for(manifest: Manifest) -> Apps:
    """Bring the empty database to the migrations of the archive's rows; return the models of that state."""
    call_command("migrate", interactive=False, verbosity=0)  # makes the permissions that rows name, too
    names = manifest.migrations[version.APP]
    if set(names) == version.known():
        return current_apps
    executor = WholeExecutor(connection)
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != version.APP]
    state = (version.APP, max(names))
    try:
        executor.migrate([state])
    except IrreversibleError as error:
        raise ArchiveError(
            f"This version cannot read rows of {manifest.version}: restore them with that version, then update."
        ) from error
    apps: Apps = executor.loader.project_state([state, *others]).apps
    return apps


def _put_rows(path: Path, manifest: Manifest, apps: Apps, tell: Tell) -> None:
    """Write all rows, then the numbers, and prove that the rows are what they were."""
    try:
        with transaction.atomic():
            model_of("describer.endpoint", apps)._base_manager.all().delete()  # of a start before the restore
            if _loaded(path, manifest, apps, tell) != manifest.rows:
                raise ArchiveError("The archive holds other numbers of rows than its manifest says.")
            if _ledger(apps).sums != manifest.ledger.sums:
                raise ArchiveError("The ledger's sums are others after the restore than at the backup.")
            for label in {*manifest.rows, *manifest.numbers}:
                set_number(model_of(label, apps), manifest.numbers.get(label, 0))
    except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        said = as_words(" ".join(str(error).split()))
        raise ArchiveError(f"The archive's rows do not fit into this database: {said}") from error


def _loaded(path: Path, manifest: Manifest, apps: Apps, tell: Tell) -> dict[str, int]:
    """Write the rows, part by part, in the order of the archive; return how many were read of each model."""
    counts = Counter(dict.fromkeys(manifest.rows, 0))
    for name, content in members(path):
        folder, _, rest = name.partition("/")
        if folder != "rows":
            continue
        label = rest.partition("/")[0]
        read = Reader(model_of(label, apps))
        rows = read(_parked(row, label, manifest) for row in _counted(lines(content), label, counts))
        while some := list(islice(rows, _AT_ONCE)):
            _insert(read.model, some)
        tell(f"{label}: {counts[label]:,} rows")
    return dict(counts)


def _insert(model: type[models.Model], rows: list[models.Model]) -> None:
    model._base_manager.bulk_create(rows)


def _counted(rows: Iterator[Row], label: str, counts: Counter[str]) -> Iterator[Row]:
    for row in rows:
        counts[label] += 1
        yield row


def _parked(row: Row, label: str, manifest: Manifest) -> Row:
    """Return a row as it may stand here: no process holds it.

    What was under way is at its end, so that nothing is sent.
    """
    if label != "describer.description":
        return row
    row |= UNLEASED
    if row["status"] in OPEN:
        row |= {"status": Status.FAILED.value, "error_code": _CODE, "error_message": _WORDS}
        row |= {"finished": manifest.made, "not_before": None, "waiting_reason": ""}
    return row


def _ledger(apps: Apps) -> LedgerSums:
    """Sum up what is in the database now, in the way of the backup: SQLite itself would add floats."""
    names = LedgerSums.COLUMNS
    ledger = LedgerSums()
    for values in model_of("describer.attempt", apps)._base_manager.values_list(*names).iterator(_AT_ONCE):
        ledger.add(dict(zip(names, values, strict=True)))
    return ledger


def _settled(manifest: Manifest, queue_again: bool) -> Restored:
    """Let calls that were under way become `unknown`. Asks of callers who are gone are never queued again."""
    parked = Description.objects.filter(status=Status.FAILED, error_code=_CODE, finished=manifest.moment)
    again = parked.none()
    if queue_again:
        gone = [via for via in Via if via.policy.holds_connection]
        again = parked.exclude(via__in=gone)
    index.start_over()
    with transaction.atomic():
        unknown = len(give_up(Attempt.objects.all()))
        ended = parked.count()
        queued = again.update(status=Status.QUEUED, error_code="", error_message="", finished=None)
        for row in parked.only("owner", "key"):
            tell_webhooks(row)
    return Restored(manifest, ended - queued, queued, unknown)
