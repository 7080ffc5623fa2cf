"""The admin's pages in a real browser: nothing in them breaks the site's strict policy."""

import pytest
from django.test import Client

from describer.models import Image, User
from tests.admin.conftest import LISTS, path, whole
from tests.chromium import chromium


@pytest.mark.browser
def test_x10_no_page_of_the_admin_draws_a_complaint(live_server, desk: Client, alice: User):
    row = whole(alice)
    row.pictures.all().delete()
    Image.objects.all().delete()  # without files: their thumbnails would be missing
    pages = [path(model) for model in LISTS]
    pages += [path("user", "add"), path("user", alice.pk, "change"), path("user", alice.pk, "delete")]
    pages += [path("description", row.pk, "change"), path("endpoint", row.endpoint_id, "change")]
    pages += ["/admin/", "/admin/system/"]
    with chromium(live_server.url, desk) as (page, complaints):
        for address in pages:
            page.goto(live_server.url + address, wait_until="load")
            assert page.locator("h1").count() == 1
    assert complaints == []
