"""The settings of commands that shall start at once: without the apps that pages alone need, which take a fifth of the time."""

from vision_site.settings import *  # noqa: F403

INSTALLED_APPS = ["describer.apps.DescriberConfig", "django.contrib.auth", "django.contrib.contenttypes"]
