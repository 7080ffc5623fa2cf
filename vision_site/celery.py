"""The Celery application. `celery -A vision_site worker` starts a worker; `manage.py up` starts one inside itself."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vision_site.settings")

if "celery.bin.celery" in sys.modules:
    # The `celery` program imports this first, and would print settings that are not right as a traceback.
    try:
        settings.INSTALLED_APPS  # noqa: B018  reads them
    except ImproperlyConfigured as error:
        sys.exit(f"The worker cannot start: {error}")

# Kombu's own would end a worker for whatever else is written into Redis. By their names: only who speaks to Redis loads them.
TRANSPORT_ALIASES |= {
    "redis": "describer.engine.queue.broker:BellTransport",
    "rediss": "describer.engine.queue.broker:BellTransport",
    "sentinel": "describer.engine.queue.broker:SentinelBellTransport",
}

app = Celery("vision_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Keep the log that the settings have set up.

    Celery sets up none itself where somebody listens here: its own would mute all below WARNING.
    """
