"""Usage: a person's own tokens by day and model; an admin's look at everybody's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from describer.models import ApiKey, Attempt, UsageDay
from tests.rows import make_counted_attempt, make_description, make_usage_day
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


def words(client, query=""):
    response = client.get(f"/usage/{query}")
    assert response.status_code == 200
    return " ".join(text_of(response).split())


def test_a_new_person_is_told_what_will_stand_there(hers):
    assert "Nothing used yet" in words(hers)


def test_the_figures_are_the_sums_of_the_period(hers, alice):
    make_usage_day(alice, 1200, prompt_tokens=1000, completion_tokens=200)
    make_usage_day(alice, 34, model="other")
    shown = words(hers)
    assert "1,234" in shown
    assert "vision-1" in shown
    assert "other" in shown


def test_cost_comes_first_where_there_are_prices(hers, alice):
    make_usage_day(alice, 1200, cost="0.25", priced=1)
    make_usage_day(alice, 34, model="other", unpriced=1)
    make_usage_day(alice, 7, model="gift", free=1)
    shown = words(hers)
    assert shown.index("Cost $0.25 1 call: no price set") < shown.index("Tokens 1,241")
    for line in ("vision-1 $0.25 1", "other no price set 1", "gift $0 1"):
        assert line in shown
    assert "Of 1 call the cost is not known: no price set." in shown and "Set prices" not in shown


def test_without_a_price_no_cost_is_written_and_admins_are_led_to_where_one_is_set(hers, bosses, alice):
    make_usage_day(alice, 1200, unpriced=2)
    assert "Cost" not in words(hers) and "$" not in words(hers)
    reply = bosses.get("/usage/?of=everybody")
    assert "Of 2 calls the cost is not known: no price set." in " ".join(text_of(reply).split())
    assert '<a href="/admin/describer/price/">Set prices</a>' in reply.content.decode()


def test_the_cost_is_told_against_the_time_before(hers, alice):
    make_usage_day(alice, 5, cost="0.2", priced=1)
    make_usage_day(alice, 5, cost="0.1", priced=1, days_ago=7)
    assert "Cost $0.20 100 % more than" in words(hers, "?period=week")


def test_x3_nobody_sees_anothers_usage(his, alice):
    make_usage_day(alice, 777_777)
    for query in ("", "?of=everybody", "?period=year&of=everybody"):
        assert "777,777" not in words(his, query)


def test_an_admin_sees_everybodys_by_person(bosses, alice, bob):
    make_usage_day(alice, 1000)
    make_usage_day(bob, 500)
    shown = words(bosses, "?of=everybody")
    assert "1,500" in shown
    assert "alice" in shown
    assert "bob" in shown


def test_failed_calls_and_those_that_may_have_been_billed_are_counted(hers, alice):
    row = make_description(alice, "x")
    make_counted_attempt(row, state=Attempt.State.UNKNOWN, billed="unknown")
    assert "1 may have been billed" in words(hers)


def test_asks_of_the_sandbox_stand_apart(hers, alice):
    make_usage_day(alice, 50)
    make_usage_day(alice, 999, endpoint="sandbox", model="sandbox")
    shown = words(hers)
    assert "1 ask of the sandbox" in shown
    assert "999 tokens. No model was asked" in shown


def test_a_row_leads_to_the_history_with_its_filter(hers, alice):
    make_usage_day(alice, 50)
    assert "/history/?model=vision-1" in hers.get("/usage/").content.decode()


def test_every_bar_has_its_number_in_words(hers, alice):
    make_usage_day(alice, 1234, prompt_tokens=1000, completion_tokens=234)
    html = hers.get("/usage/").content.decode()
    assert "1,234 tokens</title>" in html
    assert "The same as a table" in html


@pytest.mark.parametrize(
    "query", ["?period=week", "?period=year", "?period=x&on=2026-13-45", "?on=%00", "?on=0001-01-01"]
)
def test_odd_addresses_are_no_fault(hers, alice, query):
    make_usage_day(alice, 5)
    assert hers.get(f"/usage/{query}").status_code == 200


def test_a_figure_stands_against_the_period_before(hers, alice):
    make_usage_day(alice, 150)
    make_usage_day(alice, 100, days_ago=7)
    assert "50 % more than in the 7 days before" in words(hers, "?period=week")


def test_without_a_period_before_nothing_is_compared(hers, alice):
    make_usage_day(alice, 150)
    assert "%" not in words(hers, "?period=week")


def test_an_admins_rows_lead_to_everybodys_history(bosses, alice):
    make_usage_day(alice, 50)
    html = bosses.get("/usage/?of=everybody").content.decode()
    assert "/history/?of=everybody&amp;model=vision-1" in html
    assert f"/history/?of=everybody&amp;person={alice.pk}" in html


def test_keys_stand_in_a_table_of_their_own(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_usage_day(alice, 50, key=key.pk)
    make_usage_day(alice, 25)
    html = hers.get("/usage/").content.decode()
    assert f'/history/?key={key.pk}"><bdi>nightly</bdi>' in html
    assert "No key (pages)" in html


def test_x3_another_persons_key_is_not_named(his, alice, bob):
    ApiKey.issue(alice, "secret project")
    make_usage_day(bob, 25)
    assert "secret project" not in words(his)


def test_usage_of_who_is_gone_stays(bosses, bob):
    make_usage_day(bob, 4321)
    bob.delete()
    shown = words(bosses, "?of=everybody")
    assert "4,321" in shown
    assert "somebody who is gone" in shown


def test_who_has_only_tried_the_sandbox_is_told_so(hers, alice):
    make_usage_day(alice, 999, endpoint="sandbox", model="sandbox")
    assert "asks of the sandbox: no model was asked, and nothing is billed." in words(hers)


def test_x20_a_models_name_is_text(hers, alice):
    make_usage_day(alice, 5, model="<script>alert(1)</script>")
    assert "<script>alert" not in hers.get("/usage/").content.decode()


def test_the_page_reads_the_roll_up_in_few_statements(hers, alice):
    for number in range(30):
        make_usage_day(alice, 5, days_ago=number, model=f"model-{number}")
    with CaptureQueriesContext(connection) as captured:
        hers.get("/usage/?period=year")
    tables = [one["sql"] for one in captured if "usageday" in one["sql"]]
    assert len(tables) <= 3
    assert len(captured) <= 9


def test_looking_is_all_that_can_be_done(hers, alice):
    make_usage_day(alice, 5)
    before = list(UsageDay.objects.values())
    hers.post("/usage/", {"total_tokens": 0})
    assert list(UsageDay.objects.values()) == before


def test_usage_can_be_narrowed_to_one_key(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_usage_day(alice, 1234, key=key.pk)
    make_usage_day(alice, 777_777)
    shown = words(hers, f"?key={key.pk}")
    assert "1,234" in shown and "nightly" in shown
    assert "777,777" not in shown
    html = hers.get(f"/usage/?key={key.pk}").content.decode()
    assert f"/history/?key={key.pk}&amp;model=vision-1" in html
    assert f"?period=year&amp;key={key.pk}" in html
    assert 'href="?period=month"' in html


def test_calls_of_one_key_that_may_have_been_billed_are_its_own(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_counted_attempt(make_description(alice, "x", key=key), state=Attempt.State.UNKNOWN, billed="unknown")
    make_counted_attempt(make_description(alice, "x"), state=Attempt.State.UNKNOWN, billed="unknown")
    assert "1 may have been billed" in words(hers, f"?key={key.pk}")


def test_x3_another_persons_key_shows_nothing(his, alice, bob):
    key, _ = ApiKey.issue(alice, "secret project")
    make_usage_day(alice, 777_777, key=key.pk)
    make_usage_day(bob, 5)
    for query in (f"?key={key.pk}", f"?key={key.pk}&of=everybody"):
        shown = words(his, query)
        assert "777,777" not in shown and "secret project" not in shown


@pytest.mark.parametrize("key", ["x", "-1", "9" * 40, "%00", "٣"])
def test_a_key_that_is_none_is_no_fault(hers, alice, key):
    make_usage_day(alice, 5)
    assert hers.get(f"/usage/?key={key}").status_code == 200
