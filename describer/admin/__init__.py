"""The back office: Django's own admin, one file per family of rows.

Empty of code: Django loads the site's class from here, and a family registers itself with that site.
"""

FAMILIES = (
    "api_keys",
    "attempts",
    "comparisons",
    "descriptions",
    "endpoints",
    "images",
    "people",
    "presets",
    "prices",
    "saved_views",
    "usage_days",
    "webhooks",
)
