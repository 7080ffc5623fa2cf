"""Django's admin under our name."""

from django.contrib import admin


class Site(admin.AdminSite):
    """The admin: Django's own, with the product's words."""

    site_header = site_title = "Describer"
    index_title = "Admin"
