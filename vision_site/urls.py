"""The project's routes: all of them are the app's."""

from django.urls import include, path

urlpatterns = [path("", include("describer.urls"))]

handler400 = "describer.web.errors.bad_request"
handler403 = "describer.web.errors.permission_denied"
handler404 = "describer.web.errors.page_not_found"
handler500 = "describer.web.errors.server_error"
