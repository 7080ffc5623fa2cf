"""What the site stands on. Each check answers what is wrong in a few words, and "" when nothing is."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from describer.db import version
from describer.media.storage import storage_problem
from describer.models import Worker
from describer.ops.monitoring.single_flight import Flight, SingleFlight

logger = logging.getLogger(__name__)

_CHECK_SECONDS = 5.0
LEAST_FREE = 8 * 2**20  # bytes; with less, the next upload or the database meets a full disk
_NOWHERE = "describer.nowhere"  # a list that is never there
_KEEP_SECONDS = 5.0
_LATE = "does not answer in time"


def problems(seconds: float = _CHECK_SECONDS) -> dict[str, str]:
    """Return what is wrong, by name.

    All checks are begun at once, so that together they take no longer than one may.
    """
    has_broker = bool(settings.REDIS_URL)
    awaited = {name: check.begin() for name, check in FLIGHTS.items() if name != "broker" or has_broker}
    return {name: why for name, answer in awaited.items() if (why := _why(name, answer, seconds))}


def _why(name: str, answer: Flight[str], seconds: float) -> str:
    try:
        return answer.within(seconds)
    except TimeoutError:
        logger.warning("not ready, %s: %s", name, _LATE)
        return _LATE
    except Exception:
        logger.exception("not ready, %s: the check itself failed", name)
        return "could not be looked at"


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not ready, database: %s", error)
        return "cannot be reached"
    try:
        Worker.objects.filter(pk=0).update(
            running=0
        )  # of no row, so that it costs no disk; refused as any write would be
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not ready, database: %s", error)
        return "takes no writes now"
    return ""


def migrations() -> str:
    """Tell how database and program differ: while they do, workers wait and take no asks."""
    try:
        return version.mismatch()
    except (DatabaseError, InterfaceError):
        return ""  # told of the database already


def broker() -> str:
    """Ask Redis, where there is one: the embedded site has its broker within."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=3) as asked:
            asked.lpushx(_NOWHERE, "")  # writes nothing, and is refused as a bell would be
    except redis.ResponseError as error:
        logger.warning("not ready, broker: %s", error)
        return f"refuses what it is told: {str(error)[:200]}"
    except redis.RedisError as error:
        logger.warning("not ready, broker: %s", error)
        return "cannot be reached"
    return ""


def storage() -> str:
    if not settings.S3_BUCKET and not os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return "cannot be written"
    return _kept.problem()


class KeptAnswer:
    """That pictures can be kept is believed for some seconds: whoever asks often shall not wear a disk, nor pay a bucket."""

    def __init__(self) -> None:
        self.well: tuple[object, float] = (None, 0.0)

    def problem(self) -> str:
        storage, until = self.well
        where = settings.STORAGES["default"]
        if storage == where and time.monotonic() < until:
            return ""
        if why := storage_problem():
            return why
        self.well = (where, time.monotonic() + _KEEP_SECONDS)
        return ""


_kept = KeptAnswer()


def disk() -> str:
    """Look where things are kept, and where an upload lies while it arrives."""
    if free_bytes() < LEAST_FREE:
        return "is full"
    return ""


def free_bytes() -> int:
    """Return the room for what the site writes, in bytes."""
    return min(shutil.disk_usage(folder).free for folder in (settings.DATA_DIR, tempfile.gettempdir()))


def worker() -> str:
    try:
        slots = list(Worker.objects.alive().values_list("slots", flat=True))
    except (DatabaseError, InterfaceError):
        return "cannot be known without the database"
    if not slots:
        return "none has had a heartbeat lately"
    if not any(slots):
        return "none takes asks: each waits for a database of its own version"
    return ""


ALL: tuple[Callable[[], str], ...] = (database, migrations, broker, storage, disk, worker)
FLIGHTS = {check.__name__: SingleFlight(check) for check in ALL}
