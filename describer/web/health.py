"""For whoever watches the site: whether the process lives, and whether it can do its work."""

import logging
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from describer import upkeep

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5
LEAST_FREE = 8 * 2**20  # bytes; with less, the next upload or the database meets a full disk
_checkers = ThreadPoolExecutor(2, "health")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it does so only after migrations and the first admin."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, worker and room on the disk; 503 and why when one of them is not there, also when it hangs."""
    problems = {name: why for name, check in CHECKS.items() if (why := _within_time(check))}
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


def _within_time(check: Callable[[], str]) -> str:
    future = _checkers.submit(check)
    try:
        return future.result(CHECK_SECONDS / len(CHECKS))
    except TooSlow:
        return "does not answer in time"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("not ready, database: %s", error)
        return "cannot be reached"
    finally:
        close_old_connections()
    return ""


def _worker() -> str:
    """The cache is Redis when there is one, so this looks at the broker, too."""
    try:
        cache.get("ready")
        return "" if upkeep.worker_is_alive() else "none has had a heartbeat lately"
    except OSError as error:
        logger.warning("not ready, broker: %s", error)
        return "the broker cannot be reached"


def _disk() -> str:
    """Where things are kept, and where an upload lies while it arrives."""
    free = min(shutil.disk_usage(folder).free for folder in (settings.DATA_DIR, tempfile.gettempdir()))
    return "" if free >= LEAST_FREE else "is full"


CHECKS = {"database": _database, "worker": _worker, "disk": _disk}
