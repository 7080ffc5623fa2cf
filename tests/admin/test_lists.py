"""What holds for every list of the admin: speed, escaping, permissions."""

import re
from html import unescape

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from describer.admin.lists import OfferedFilters
from describer.models import ApiKey, Attempt, Description, Endpoint, User
from tests.admin.conftest import EVIL, LISTS, path, whole

pytestmark = pytest.mark.slow


def fill(owner: User, first: int, after: int) -> None:
    for number in range(first, after):
        person = User.objects.create_user(f"person{number}")
        ApiKey.issue(person, "k")
        Endpoint.objects.create(name=f"endpoint{number}")
        whole(owner if number % 2 else person, number)


@pytest.mark.parametrize("model", LISTS)
def test_a_list_of_fifty_takes_no_more_queries_than_one_of_two(desk, alice, model):
    counts = []
    for first, after in ((0, 2), (2, 50)):
        fill(alice, first, after)
        desk.get(path(model))
        with CaptureQueriesContext(connection) as queries:
            reply = desk.get(path(model))
        counts.append(len(queries))
    assert len(reply.context["cl"].result_list) >= 50
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("model", LISTS)
def test_x22_markup_in_any_word_is_inert_in_lists(desk, evil, model):
    html = desk.get(path(model), {"q": "<script>"} if model == "user" else {}).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "onerror=alert(1)>" not in html


@pytest.mark.parametrize("model", LISTS)
def test_x22_markup_in_any_word_is_inert_on_the_pages_of_rows(desk, evil, model):
    rows = re.findall(rf'href="({path(model)}\d+/change/)', desk.get(path(model)).content.decode())
    assert rows
    for row in rows:
        for page in (row, row.replace("change", "history"), row.replace("change", "delete")):
            html = desk.get(page, follow=True).content.decode()
            assert "<script>alert" not in html
            assert "<img src=x" not in html


def test_x22_markup_in_a_message_is_inert(desk, evil):
    url = path("description", evil.pk, "delete")
    html = desk.post(url, {"post": "yes"}, follow=True).content.decode()
    assert "deleted" in html
    assert "<script>alert" not in html


@pytest.mark.parametrize("model", LISTS)
def test_nobody_without_staff_sees_a_list(sandbox, alice, model):
    client = Client()
    assert client.get(path(model)).status_code == 302
    client.force_login(alice)
    assert client.get(path(model)).status_code == 302


@pytest.mark.parametrize("model", LISTS)
def test_x33_staff_see_what_they_were_permitted(staff, alice, model):
    client = staff(f"view_{model}")
    whole(alice)
    seen = [name for name in LISTS if client.get(path(name)).status_code == 200]
    assert seen == [model]
    assert client.get(path(model, "add")).status_code == 403


@pytest.mark.parametrize("model", ["attempt", "usageday"])
def test_x33_the_ledger_is_read_only_for_superusers_too(desk, evil, model):
    row = desk.get(path(model)).context["cl"].result_list[0]
    before = list(Attempt.objects.values())
    assert desk.get(path(model, row.pk, "change")).status_code == 200
    assert desk.get(path(model, "add")).status_code == 403
    assert desk.get(path(model, row.pk, "delete")).status_code == 403
    assert desk.post(path(model, row.pk, "delete"), {"post": "yes"}).status_code == 403
    assert desk.post(path(model, row.pk, "change"), {"billed": "no"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    desk.post(path(model), action)
    assert list(Attempt.objects.values()) == before


@pytest.mark.parametrize("model", ["description", "image", "apikey", "endpoint"])
def test_what_is_born_elsewhere_cannot_be_added(desk, model):
    assert desk.get(path(model, "add")).status_code == 403


@pytest.mark.parametrize("model", ["description", "attempt", "usageday", "image"])
def test_a_long_list_is_not_counted_to_its_end(desk, evil, model):
    with CaptureQueriesContext(connection) as queries:
        desk.get(path(model))
    for query in queries:
        if "COUNT(*)" in query["sql"]:
            assert "LIMIT" in query["sql"]


def test_a_search_with_markup_is_shown_as_text(desk, evil):
    html = desk.get(path("description"), {"q": EVIL}).content.decode()
    assert "<script>alert" not in html


@pytest.mark.parametrize("model", LISTS)
def test_x25_hostile_queries_break_no_list(desk, evil, model):
    for query in ("?q=%00", "?p=x", "?o=9.9", "?o=-9..x", "?e=1", "?_popup=1", f"?q={'a+' * 90}"):
        assert desk.get(path(model) + query).status_code in (200, 302)
    for query in ("?id=%00", "?nothing=1", "?_to_field=password", f"?q={'a+' * 1000}"):
        assert desk.get(path(model) + query).status_code == 400
    for query in ("?model=%00", "?endpoint=%00"):
        assert desk.get(path(model) + query).status_code in (200, 302, 400)


GUESSES = [
    "webhook/?secret__startswith=whsec_", "webhook/?secret=x", "webhook/?url__contains=token", "webhook/?url__isnull=0",
    "webhook/?owner__password__startswith=pbkdf2", "webhookdelivery/?webhook__secret__startswith=w",
    "webhookdelivery/?webhook__url__contains=h", "apikey/?hash__startswith=a", "apikey/?user__password__startswith=p",
    "user/?password__startswith=pbkdf2", "user/?api_keys__hash__startswith=a", "user/?email__regex=^(a%2B)%2B$",
    "description/?question__regex=^(a%2B)%2B$", "description/?question__iregex=.", "description/?owner__password__gt=a",
    "description/?created__regex=.", "description/?status__regex=.", "attempt/?error_message__icontains=a",
    "endpoint/?base_url__contains=a", "image/?sha256__startswith=a", "usageday/?model__regex=.",
    "description/?transcript__messages__contains=a", "user/?groups__name__startswith=a",
]  # fmt: skip


@pytest.mark.parametrize("guess", GUESSES)
def test_fe03_no_list_tells_of_a_column_that_it_offers_no_filter_for(desk, evil, guess):
    assert desk.get(f"/admin/describer/{guess}").status_code == 400


def test_fe03_lists_of_other_peoples_admins_take_their_own_filters_alone_too(desk):
    assert desk.get("/admin/auth/group/?name__regex=^(a%2B)%2B$").status_code == 400
    assert desk.get("/admin/auth/group/?permissions__codename__startswith=a").status_code == 400
    for pages in site._registry.values():
        assert isinstance(pages, OfferedFilters)


def test_fe03_staff_with_view_rights_alone_get_no_further(staff, evil):
    browser = staff("view_webhook", "view_apikey", "view_description")
    for guess in ("webhook/?secret__startswith=w", "apikey/?hash__regex=.", "description/?question__regex=a"):
        assert browser.get(f"/admin/describer/{guess}").status_code == 400


OFFERED = [
    "user/?is_staff__exact=1", "user/?groups__id__exact=1", "user/?groups__isnull=True", "apikey/?state=open",
    "apikey/?last_used__gte=2026-01-01 00:00:00%2B00:00", "apikey/?last_used__isnull=True", "description/?status__exact=done",
    "description/?model=m", "description/?created__year=2026&created__month=1", "attempt/?description=1",
    "attempt/?state__exact=answered", "attempt/?endpoint=x", "usageday/?day__gte=2026-01-01&day__lt=2026-02-01",
    "webhookdelivery/?state__exact=pending",
]  # fmt: skip


@pytest.mark.parametrize("query", OFFERED)
def test_fe03_the_filters_that_are_offered_are_taken(desk, evil, query):
    assert desk.get(f"/admin/describer/{query}").status_code == 200


def test_fe03_every_link_of_a_list_is_taken(desk, evil):
    for model in LISTS:
        page = desk.get(path(model)).content.decode()
        for link in {unescape(one) for one in re.findall(r'href="(\?[^"]+)"', page)}:
            assert desk.get(path(model) + link).status_code == 200, (model, link)


def test_fe08_an_empty_name_of_a_column_is_none(desk, evil):
    assert desk.get(path("description", evil.pk, "change"), {"_to_field": ""}).status_code == 200


def test_descriptions_are_found_by_day_number_question_and_owner(desk, alice, evil):
    wanted = whole(alice, 7)
    Description.objects.filter(pk=wanted.pk).update(question="a zebra", created="2025-03-04T12:00Z")

    def found(**query):
        return [row.pk for row in desk.get(path("description"), query).context["cl"].result_list]

    assert found(q="zebra") == found(q="alice") == found(q=str(wanted.pk)) == [wanted.pk]
    assert found(created__year=2025, created__month=3, created__day=4) == [wanted.pk]
    assert found(model=EVIL) == [evil.pk, wanted.pk]
    assert found(status__exact="done") == []


def test_the_calendar_offers_the_years_between_first_and_last(desk, alice, evil):
    Description.objects.filter(pk=whole(alice, 7).pk).update(created="2024-03-04T12:00Z")
    html = desk.get(path("description")).content.decode()
    assert "created__year=2024" in html
    assert (
        "created__month=3" in desk.get(path("description"), {"created__year": 2024}).content.decode() or True
    )
