"""The doorbell: a task message that says only "there is work". Extra ones are harmless, lost ones are rung again."""

import logging

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

TASK = "describer.work"

logger = logging.getLogger(__name__)


def ring(rows: int = 1) -> bool:
    """Ring for so many rows, at most as often as one process has slots; False when the broker is away.

    Rung by the task's name, so that the queue knows nothing of the floors above it. Never raises: the rows are
    queued, and the sweeper rings again.
    """
    try:
        for _ in range(min(rows, settings.WORKER_CONCURRENCY)):
            current_app.send_task(TASK, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.warning("the broker is away, queued asks wait for it: %s", error)
        return False
    return True
