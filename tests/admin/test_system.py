"""The system page: what the site stands on, its workers, queue, endpoints and last errors."""

import re

import pytest
from django.test import Client

from describer import __version__, upkeep
from describer.models import Endpoint
from tests.admin.conftest import EVIL, whole
from tests.rows import make_attempt, make_description

PAGE = "/admin/system/"


def shown(client):
    """The page's tables by name: rows of cells, as text."""
    reply = client.get(PAGE)
    assert reply.status_code == 200
    return {
        table.name: [[re.sub(r"<[^>]+>", "", str(cell)) for cell in row] for row in table.rows]
        for table in reply.context["tables"]
    }


def test_the_front_page_of_the_admin_leads_to_it(desk):
    assert f'href="{PAGE}"' in desk.get("/admin/").content.decode()


@pytest.mark.django_db(transaction=True)  # the checks write in threads of their own
def test_what_the_site_stands_on_is_told(desk):
    parts = {row[0]: row[1:] for row in shown(desk)["What it stands on"]}
    assert parts["Database"][0] == parts["Storage"][0] == parts["Disk"][0] == "is there"
    assert parts["Database"][1].startswith("SQLite 3.")
    assert "free" in parts["Disk"][1]


def test_workers_are_listed_with_what_they_run(desk, settings):
    settings.WORKER_CONCURRENCY = 1234
    assert "asks wait for one" in desk.get(PAGE).content.decode()
    upkeep.beat()
    (worker,) = shown(desk)["Workers"]
    del worker[3]  # when this process began
    assert worker == [upkeep.NAME, __version__, "just now", "0", "1,234"]


def test_the_queue_is_counted_by_lane_and_state(desk, alice):
    make_description(alice, created="2026-01-01T00:00Z")
    make_description(alice, status="waiting")
    make_attempt(make_description(alice, lane=1, status="running", lease_token="t"))
    rows = shown(desk)["Queue"]
    assert [row[:4] for row in rows] == [
        ["Interactive", "1", "1", "0"],
        ["Batch", "0", "0", "1"],
        ["Calls in flight", "", "", "1"],
    ]
    assert "\xa0h " in rows[0][4]
    assert rows[1][4] == "-"


def test_a_paused_endpoint_says_why_and_a_slowed_one_how_far(desk):
    Endpoint.objects.update(paused_code="bad_key", paused_since="2026-01-01T00:00Z")
    (row,) = shown(desk)["Endpoints"]
    assert row[:3] == ["sandbox", "paused", "The endpoint refused the site's key; an admin must mend it."]
    Endpoint.objects.update(paused_code="", paused_since=None, gate_width=2.5)
    (row,) = shown(desk)["Endpoints"]
    assert row == ["sandbox", "slowed", "-", "-", "2", "-"]


def test_the_last_twenty_errors_are_shown_newest_first(desk, alice):
    row = make_description(alice)
    for number in range(25):
        make_attempt(row, state="refused", error_code=f"code_{number}", error_message="Why.")
    make_attempt(row, state="answered")
    errors = shown(desk)["Last errors"]
    assert [error[1] for error in errors] == [f"code_{number}" for number in range(24, 4, -1)]
    assert errors[0][2:] == ["Why.", "sandbox"]


def test_x22_markup_in_an_error_is_inert(desk, alice):
    whole(alice)
    html = desk.get(PAGE).content.decode()
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html and EVIL not in html


def test_x33_staff_see_endpoints_and_errors_only_where_they_may(staff, alice):
    client = staff()
    whole(alice)
    assert set(shown(client)) == {"What it stands on", "Workers", "Queue", "Versions"}


def test_nobody_without_staff_sees_it(sandbox, alice):
    client = Client()
    assert client.get(PAGE).status_code == 302
    client.force_login(alice)
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("rows", [2, 40])
def test_its_queries_are_few_whatever_there_is(desk, alice, rows, django_assert_max_num_queries):
    for number in range(rows):
        whole(alice, number)
        Endpoint.objects.create(name=f"endpoint{number}")
    desk.get(PAGE)
    with django_assert_max_num_queries(16):
        desk.get(PAGE)
