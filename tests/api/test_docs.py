"""The documentation's page, drawn by a real browser under the site's strict policy."""

import pytest
from django.test import Client

from tests.chromium import chromium


@pytest.mark.browser
def test_docs_are_drawn_without_one_complaint(live_server, alice, sandbox):
    client = Client()
    client.force_login(alice)
    with chromium(live_server.url, client) as (page, complaints):
        page.goto(f"{live_server.url}/api/docs")
        page.get_by_text("Ask about one or many pictures").click()
        page.get_by_text("How much chance plays a part").wait_for()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Authorize").first.click()
        page.get_by_text("manage.py create_api_key").wait_for()
    assert complaints == []
