"""The routes. View name = URL name = template name = test file name."""

from django.contrib import admin
from django.urls import include, path

from describer.api.errors import unknown_url
from describer.web.health import healthz, readyz
from describer.web.live import live
from describer.web.theme import theme

urlpatterns = [
    path("api", unknown_url),
    path("api/", include("describer.api.urls")),
    path("admin/", admin.site.urls),
    path("live/", live, name="live"),
    path("theme/", theme, name="theme"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
