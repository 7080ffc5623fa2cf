"""The entry of ASGI servers: `vision_site.asgi:application`. The application itself is the app's edge."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vision_site.settings")
django.setup(set_prefix=False)

application = import_string("describer.edge.application.application")
