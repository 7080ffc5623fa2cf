#!/usr/bin/env python
"""Django's command line for Describer."""

import os
import sys

from django.core.management import execute_from_command_line

from describer.db.faults import in_words

QUICK = ("describe",)  # commands that need no pages

if __name__ == "__main__":
    chosen = "shell" if sys.argv[1:2] and sys.argv[1] in QUICK else "settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"vision_site.{chosen}")
    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if not (words := in_words(error)):
            raise
        sys.exit(words)
