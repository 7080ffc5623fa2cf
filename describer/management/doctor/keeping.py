"""What the doctor finds where rows and pictures are kept."""

from itertools import islice
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from describer.db import version
from describer.db.pieces import in_pieces
from describer.management.doctor.findings import NOTE, OK, WRONG, Finding, Findings
from describer.models import Image
from describer.ops.monitoring import checks
from describer.search import index
from describer.search.checking import disagreeing
from describer.templatetags.figures import size

_SOME_IMAGES = 200
_SOME_FILES = 5
_LITTLE_FREE = 2**30  # bytes
_LARGE = 2**28  # bytes of a database
_CONNECT_SECONDS = 5


def the_database() -> Findings:
    """Reach for the database without Django's pool, which would try for half a minute and not say why."""
    if version.is_local() and not Path(connection.settings_dict["NAME"]).exists():
        yield Finding(NOTE, "there is none yet", "`manage.py up` makes it")
        return
    if connection.vendor == "postgresql":
        parameters = connection.get_connection_params() | {"connect_timeout": _CONNECT_SECONDS}
        psycopg.connect(**parameters).close()
    if whose := version.stranger(connection):
        yield Finding(WRONG, whose)
        return
    how = version.mismatch()
    what = f"{version.database_name()}, {size(version.database_size())}"
    if not version.applied():
        yield Finding(NOTE, f"{what}, is empty", "`manage.py up` fills it")
    elif how:
        yield Finding(WRONG, f"{what}: {how}", "run all parts of the site in one version")
    elif damage := _damage():
        yield Finding(WRONG, f"{what}, is damaged: {damage}", "lay back a copy of it, or restore a backup")
    else:
        yield Finding(OK, f"{what}, all migrations applied")


def _damage() -> str:
    """Look whether an SQLite file is whole; a large one would take too long."""
    if connection.vendor != "sqlite" or version.database_size() > _LARGE:
        return ""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        (said,) = cursor.fetchone()
    return "" if said == "ok" else str(said)


def the_search() -> Findings:
    """See that the index of words agrees with the rows, as far as some hundred of them tell."""
    mend = "upkeep does it by itself; `manage.py rebuild_search` does it at once"
    if index.is_lost():
        yield Finding(WRONG, "the index of words is lost or broken", mend)
        return
    if count := index.lacking():
        yield Finding(NOTE, f"up to {count:,} descriptions are not in the index of words yet", mend)
    elif numbers := disagreeing():
        some = ", ".join(map(str, numbers[:3]))
        words = f"the index of words does not say what {len(numbers)} of the descriptions looked at say, as {some}"
        yield Finding(WRONG, words, "`manage.py rebuild_search`")
    else:
        yield Finding(OK, "the index of words agrees with the descriptions looked at")


def the_storage() -> Findings:
    problems = settings.DATA_FOLDER.problems()
    for problem in problems:
        yield Finding(WRONG, problem)
    if settings.DATA_FOLDER.is_open():
        what = f"{settings.DATA_DIR} is open to other users of this machine, and holds folders that are not the site's"
        yield Finding(NOTE, what, f"chmod 700 {settings.DATA_DIR}, or give the site a folder of its own")
    if settings.S3_BUCKET:
        where, mend = f"bucket {settings.S3_BUCKET}", "mend the S3 settings"
    else:
        where, mend = str(settings.DATA_DIR), "give the folder to the site's user"
    if why := checks.storage():
        yield Finding(WRONG, f"{where} {why}", mend)
    elif not problems:
        yield Finding(OK, where)
    yield _room(checks.free_bytes())


def _room(free: int) -> Finding:
    what = f"{size(free)} free on disk"
    if checks.disk():
        return Finding(WRONG, what, "make room")
    if free < _LITTLE_FREE:
        return Finding(NOTE, what, "make room")
    return Finding(OK, what)


def the_pictures(every: bool) -> Findings:
    """Look for the files that the newest rows name, or all rows."""
    rows = in_pieces(Image.objects.prefetch_related("sent_copies"))
    if not every:
        rows = islice(rows, _SOME_IMAGES)
    seen, gone = 0, []
    for image in rows:
        seen += 1
        gone += [f"{name} of image {image.pk}" for name in image.files if not default_storage.exists(name)]
    which = f"all {seen}" if every else f"the newest {seen}"
    if not gone:
        yield Finding(OK, f"no file of {which} is missing")
        return
    listed = len(gone) if every else _SOME_FILES
    for name in gone[:listed]:
        yield Finding(WRONG, f"missing: {name}", "restore it from a backup; pages say that it is gone")
    if more := len(gone[listed:]):
        yield Finding(WRONG, f"and {more} more files of {which}", "`manage.py doctor --files` lists all")
