"""Django's admin under our name."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

from describer.admin.lists import OfferedFilters
from describer.admin.system import system
from describer.lib.route_traits import Pool, RouteTraits, route

View = Callable[..., HttpResponseBase]


class DescriberAdminSite(admin.AdminSite):
    """The admin: Django's own, with the product's words."""

    site_header = site_title = "Describer"
    index_title = "Admin"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models whose lists take the filters that they offer alone, whoever wrote their pages."""
        pages = admin_class or admin.ModelAdmin
        guarded = type(pages.__name__, (OfferedFilters, pages), {"__module__": pages.__module__})
        super().register(model_or_iterable, guarded, **options)

    def get_urls(self) -> list[Any]:
        return [path("system/", self.admin_view(system), name="system"), *super().get_urls()]

    @route(RouteTraits(post_pool=Pool.LOGIN))
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask for name and password, as Django's admin does."""
        return super().login(request, extra_context)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseRedirect:
        """Lead to the account page: one form asks for the old password, and counts who guesses at it."""
        return redirect("account")

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        return super().admin_view(_with_sound_query(view), cacheable)


def _with_sound_query(view: View) -> View:
    """Refuse as a bad request a list whose address names a year 0, or an id beyond the database's numbers.

    Django lets both by.
    """

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OverflowError, ValueError, DataError) as error:
            if request.method not in ("GET", "HEAD") or not request.GET:
                raise
            raise BadRequest(error) from error

    return asked
