"""What a list is narrowed to: the same as the history, and the days on which was asked."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from describer.models import ApiKey, Status
from describer.web.list_filter import STATES
from tests.api.conftest import ROUTE
from tests.api.test_errors import fault
from tests.rows import make_description


def listed(script, **query):
    return [item["id"] for item in script.get(ROUTE, **query).json()["items"]]


@pytest.mark.parametrize(("name", "value"), [("status", "failed"), ("model", "other"), ("via", "batch")])
def test_e40_a_list_is_narrowed_by(script, name, value):
    make_description(script.user)
    wanted = make_description(script.user, **{name: value})
    assert listed(script, **{name: value}) == [wanted.pk]


def test_a_list_is_narrowed_by_the_key_whose_id_a_description_tells(script):
    other, _ = ApiKey.issue(script.user, "other")
    make_description(script.user, key=other)
    mine = script.post().json()
    assert mine["key"] == script.key.pk
    assert listed(script, key=script.key.pk) == [mine["id"]]
    assert script.get(f"{ROUTE}/{make_description(script.user).pk}").json()["key"] is None


def test_a_list_of_what_is_open_holds_all_that_is_not_at_its_end(script):
    rows = {status: make_description(script.user, status=status).pk for status in Status}
    assert listed(script, status="open") == [rows["running"], rows["waiting"], rows["queued"]]


def test_every_filter_of_the_history_is_one_of_the_api(script, client):
    client.force_login(script.user)
    for status in Status:
        make_description(script.user, status=status)
    for state, (_, statuses) in STATES.items():
        page = client.get(f"/history/?state={state}").context["cards"]
        assert listed(script, status=state) == [card.description.pk for card in page]
        assert len(page) == len(statuses or Status)


def test_x3_a_list_holds_only_ones_own(script, stranger, admin_script):
    theirs = make_description(script.user, key=script.key)
    mine = {"key": str(script.key.pk)}
    for query in ({}, {"user": "alice"}, {"user": ""}, {"user": str(script.user.pk)}, mine):
        assert stranger.get(ROUTE, **query).json() == {"items": [], "next": None}
    assert listed(admin_script) == []
    assert listed(script, user="alice") == [theirs.pk]


def test_e40_an_admin_lists_anybodys(script, stranger, admin_script):
    hers, his = make_description(script.user).pk, make_description(stranger.user).pk
    assert listed(admin_script, user="") == [his, hers]
    assert listed(admin_script, user="alice") == listed(admin_script, user=script.user.pk) == [hers]
    assert listed(admin_script, user="nobody") == []


def test_a_name_that_is_a_number_goes_before_an_id(script, admin_script, django_user_model):
    named = django_user_model.objects.create_user(str(script.user.pk))
    make_description(script.user)
    wanted = make_description(named).pk
    assert listed(admin_script, user=script.user.pk) == [wanted]


def on(day, hour=12):
    return datetime.combine(datetime.fromisoformat(day), datetime.min.time(), timezone.get_current_timezone()) + timedelta(hours=hour)  # fmt: skip


def test_a_list_is_narrowed_by_days_both_included(script):
    days = ("2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02")
    rows = {day: make_description(script.user, created=on(day, hour)).pk for hour, day in enumerate(days, 20)}
    assert listed(script, **{"from": "2026-01-31", "to": "2026-02-01"}) == [rows[days[2]], rows[days[1]]]
    assert listed(script, **{"from": "2026-02-02"}) == [rows[days[3]]]
    assert listed(script, to="2026-01-30") == [rows[days[0]]]
    assert listed(script, **{"from": "2026-02-03"}) == []


def test_a_day_is_one_of_the_sites_time_zone(script, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    late = make_description(script.user, created=datetime.fromisoformat("2026-01-31T16:00:00+00:00")).pk
    assert listed(script, **{"from": "2026-02-01", "to": "2026-02-01"}) == [late]


def test_days_find_what_was_born_out_of_order(script):
    first, second = (
        make_description(script.user, created=on(day, 1)).pk for day in ("2026-01-02", "2026-01-01")
    )
    assert listed(script, **{"from": "2026-01-02"}) == [first]
    assert listed(script, to="2026-01-01") == [second]


@pytest.mark.parametrize("lost", ["1970-01-01", "2090-01-01"])
def test_days_are_found_although_a_clock_had_lost_its_time_for_a_while(script, lost):
    days = ("2026-01-01", "2026-01-05", "2026-01-09")
    rows = []
    for day in days:
        rows.append(make_description(script.user, created=on(day)).pk)
        make_description(script.user, created=on(lost))
    assert listed(script, **{"from": days[0], "to": days[2]}) == rows[::-1]
    assert listed(script, **{"from": days[1], "to": days[1]}) == [rows[1]]


def test_a_day_of_long_ago_is_found_without_a_walk_over_what_came_after_it(script):
    for month in range(1, 10):
        make_description(script.user, created=on(f"2026-0{month}-15"))
    with CaptureQueriesContext(connection) as queries:
        assert len(listed(script, **{"from": "2026-03-01", "to": "2026-03-31"})) == 1
    assert any('"id" > ' in one["sql"] and '"id" < ' in one["sql"] for one in queries)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("to", "2026-02-30"),
        ("key", "mine"),
        ("key", "0"),
        ("key", "9" * 30),
        ("status", "finished"),
    ],
)
def test_a_wrong_filter_is_named(script, name, value):
    assert fault(script.get(ROUTE, **{name: value}), 400)["param"] == name


def test_days_the_wrong_way_round_are_refused(script):
    reply = script.get(ROUTE, **{"from": "2026-02-01", "to": "2026-01-31"})
    assert fault(reply, 400)["param"] == "from"


def test_empty_filters_narrow_nothing(script):
    row = make_description(script.user).pk
    names = ("status", "model", "via", "key", "from", "to", "user", "cursor")
    assert listed(script, **dict.fromkeys(names, "")) == [row]


def test_a_list_by_state_uses_the_index_of_unfinished_rows(script):
    with CaptureQueriesContext(connection) as queries:
        script.get(ROUTE, status="failed")
    assert any("NOT" in query["sql"] and "'done'" in query["sql"] for query in queries)
