#!/usr/bin/env python
"""Django's command line for Describer."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

QUICK = ("describe",)  # commands that need no pages

if __name__ == "__main__":
    chosen = "shell" if sys.argv[1:2] and sys.argv[1] in QUICK else "settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"vision_site.{chosen}")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not right: {error}")
