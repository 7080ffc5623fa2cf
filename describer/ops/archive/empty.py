"""What must be so before an archive is put into a site: it can be read here, and nothing is there."""

from django.db.migrations.loader import MigrationLoader

from describer.db import version
from describer.models import Worker
from describer.ops.archive.errors import ArchiveError, as_words
from describer.ops.archive.manifest import Manifest
from describer.ops.archive.rows import MODELS
from describer.ops.archive.snapshot import is_filled

_HARMLESS = ("describer.endpoint",)  # a site that was started, and never used, has it


def refuse_unknown(manifest: Manifest) -> None:
    """Refuse an archive of a version after ours: it holds what we would lose."""
    names = manifest.migrations.get(version.APP, [])
    if not names:
        raise ArchiveError("The archive does not say of which migrations its rows are.")
    known = MigrationLoader(None).disk_migrations or {}
    rows = {*manifest.rows, *manifest.numbers} - set(MODELS)
    of_archive = {(app, name) for app, names in manifest.migrations.items() for name in names}
    unknown = [".".join(migration) for migration in sorted(of_archive - set(known))] + sorted(rows)
    if unknown:
        raise ArchiveError(
            f"The archive is of version {manifest.version}, and this version does not know {as_words(', '.join(unknown))}. "
            "Bring the program up to date, then restore."
        )
    if set(names) != {name for name in version.known() if name <= max(names)}:
        raise ArchiveError("The archive's rows are of migrations that never were together.")


def refuse_filled_database() -> None:
    """Refuse a database that is not empty: ids stay what they are, so that nothing can be merged."""
    if unknown := sorted(version.applied() - version.known()):
        raise ArchiveError(f"The database is of a newer version: it has {', '.join(unknown)}.")
    filled = [label for label in MODELS if label not in _HARMLESS and is_filled(label)]
    if filled:
        name = filled[0].partition(".")[2]
        raise ArchiveError(
            f"This site is not empty: its database has rows of {name}. Restore into a new DATA_DIR, or a new database."
        )
    if is_filled("describer.worker") and Worker.objects.alive().exists():
        raise ArchiveError("Workers are running on this database. Stop them, then restore.")
