"""Django's entry points of the app."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils import timezone


class DescriberConfig(AppConfig):
    """The one app of the project."""

    name = "describer"
    verbose_name = "Describer"

    def ready(self) -> None:
        import_module("describer.checks")
        timezone.get_default_timezone()  # read from a file now: later there may be no handle left


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with our front page and words."""

    default_site = "describer.admin.site.DescriberAdminSite"

    def ready(self) -> None:
        super().ready()
        for family in import_module("describer.admin").FAMILIES:
            import_module(f"describer.admin.{family}")
