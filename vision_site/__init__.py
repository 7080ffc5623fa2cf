"""The Django project: settings, routes, the ASGI application and the Celery application."""

from vision_site.celery import app as celery_app

__all__ = ("celery_app",)
