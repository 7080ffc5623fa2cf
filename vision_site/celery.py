"""The Celery application. `celery -A vision_site worker` starts a worker; `manage.py up` starts one inside itself."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vision_site.settings")

app = Celery("vision_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
