"""The Celery application. `celery -A vision_site worker` starts a worker; `manage.py up` starts one inside itself."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vision_site.settings")

app = Celery("vision_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Keep the log that the settings have set up.

    Celery sets up none itself where somebody listens here: its own would mute all below WARNING.
    """
