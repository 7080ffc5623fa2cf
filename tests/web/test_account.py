"""The account: keys that are shown once and limited as was asked, and a password whose change ends other sessions."""

import ast
import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from describer.models import ApiKey, Endpoint
from tests.conftest import PASSWORD
from tests.rows import make_description, make_usage_day
from tests.web.conftest import browser_of
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
NEW = "another-horse-9"
USUAL = ["ask", "read"]
SHOWN = {"limits": "shown", "scopes": USUAL}  # what a browser sends of the fold that nobody opened


def day(ahead):
    return timezone.localdate() + timedelta(days=ahead)


def make(browser, **fields):
    """One press of "Make a key"."""
    return browser.post("/account/keys/", SHOWN | {"name": "nightly"} | fields)


def offer(*names):
    Endpoint.objects.filter(is_default=True).update(default_model=names[0], model_names=names)


def shown_examples(response):
    """The texts that are there to be copied."""
    return [
        unescape(text)
        for text in re.findall(r'<code id="example-\w+">(.*?)</code>', response.content.decode(), re.DOTALL)
    ]


def test_x18_a_key_is_shown_once_and_works(hers, client):
    made = hers.post("/account/keys/", {"name": "nightly"})
    secret = re.search(r"dsc_[\w-]{30,}", made.content.decode())[0]
    assert made.status_code == 201
    assert secret not in hers.get("/account/").content.decode()
    assert secret not in str(ApiKey.objects.values())
    assert client.get("/api/descriptions", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_key_needs_a_name(hers):
    assert hers.post("/account/keys/", {"name": ""}).status_code == 400
    assert not ApiKey.objects.exists()


def test_x18_a_revoked_key_opens_nothing(hers, client, alice):
    key, secret = ApiKey.issue(alice, "nightly")
    hers.post(f"/account/keys/{key.pk}/revoke/")
    assert client.get("/api/descriptions", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert "revoked" in text_of(hers.get("/account/"))


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_x4_anothers_key_is_404_and_unchanged(his, alice, method):
    key, _ = ApiKey.issue(alice, "nightly")
    assert getattr(his, method)(f"/account/keys/{key.pk}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked is None


def test_x14_a_new_password_ends_the_persons_other_sessions(hers, alice):
    elsewhere = browser_of(alice)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert hers.post("/account/password/", fields).status_code == 302
    assert hers.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_a_wrong_old_password_changes_nothing(hers, alice):
    fields = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert hers.post("/account/password/", fields).status_code == 400
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_x20_a_keys_name_is_text(hers, alice):
    ApiKey.issue(alice, "<script>alert(1)</script>")
    assert "<script>alert" not in hers.get("/account/").content.decode()


def test_the_page_with_a_secret_is_kept_by_no_cache(hers):
    assert "no-store" in hers.post("/account/keys/", {"name": "nightly"})["Cache-Control"]


@pytest.mark.parametrize("name", ["x" * 101, "\x00", " "])
def test_x25_an_odd_name_is_refused_in_words(hers, name):
    response = hers.post("/account/keys/", {"name": name})
    assert response.status_code == 400
    assert 'class="wrong"' in response.content.decode()
    assert not ApiKey.objects.exists()


def test_get_changes_nothing(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    for address in ("keys/", "password/", f"keys/{key.pk}/revoke/"):
        assert hers.get(f"/account/{address}").status_code in (302, 405)
    key.refresh_from_db()
    assert key.revoked is None
    assert ApiKey.objects.count() == 1


def test_use_of_a_key_this_month_stands_beside_it(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_description(alice, "x", key=key)
    assert "1 ask, 1,284 tokens this month" in text_of(hers.get("/account/"))


@pytest.mark.parametrize("weak", ["12345678", "short", "alice"])
def test_a_weak_password_is_said_and_nothing_changes(hers, alice, weak):
    fields = {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}
    response = hers.post("/account/password/", fields)
    assert response.status_code == 400
    assert 'class="wrong"' in response.content.decode()
    assert f'value="{weak}"' not in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_x14_a_closed_account_loses_its_sessions(hers, alice):
    alice.is_active = False
    alice.save()
    assert hers.get("/account/")["Location"] == "/login/?next=/account/"


def test_x27_nothing_but_the_named_fields_is_read(hers, alice, bob):
    hers.post("/account/keys/", {"name": "nightly", "user": bob.pk, "hash": "0", "is_superuser": "1"})
    assert ApiKey.objects.get().user == alice
    alice.refresh_from_db()
    assert not alice.is_superuser


def test_a_key_has_no_limits_but_the_scopes_unless_some_are_asked_for(hers):
    assert make(hers).status_code == 201
    key = ApiKey.objects.get()
    assert (key.expires, key.model_names, key.asks_per_minute) == (None, [], None)
    assert key.scopes == USUAL


@pytest.mark.parametrize("fields", [{"name": "nightly"}, {"name": "nightly", "scopes": ""}])
def test_a_form_sent_without_its_limits_asks_for_none(hers, fields):
    assert hers.post("/account/keys/", fields).status_code == 201
    assert ApiKey.objects.get().scopes == [*USUAL, "webhooks"]


@pytest.mark.parametrize(("choice", "days"), [("30", 30), ("90", 90), ("365", 365)])
def test_a_key_works_to_the_end_of_its_last_day(hers, choice, days):
    make(hers, expires=choice)
    expires = timezone.localtime(ApiKey.objects.get().expires)
    assert (expires.date(), f"{expires:%H:%M:%S}") == (day(days), "23:59:59")


def test_a_key_expires_on_the_day_that_was_chosen(hers):
    make(hers, expires="date", last_day=day(5).isoformat())
    key = ApiKey.objects.get()
    assert timezone.localtime(key.expires).date() == day(5)
    assert not key.is_expired


@pytest.mark.parametrize("last_day", ["2020-01-31", "nonsense"])
def test_a_day_is_not_looked_at_unless_it_was_chosen(hers, last_day):
    assert make(hers, expires="", last_day=last_day).status_code == 201
    assert ApiKey.objects.get().expires is None


def test_a_key_is_limited_to_scopes_models_and_a_rate(hers):
    offer("vision-1", "vision-2", "vision-3")
    make(hers, scopes=["read", "ask", "ask"], model_names=["vision-3", "vision-1"], asks_per_minute="1200")
    key = ApiKey.objects.get()
    assert (key.scopes, key.model_names) == (["ask", "read"], ["vision-1", "vision-3"])
    assert key.asks_per_minute == 1200
    assert "asks and reads · vision-1 and vision-3 only · 1,200 a minute · never expires" in text_of(
        hers.get("/account/")
    )


def test_the_scope_admin_is_offered_to_admins_alone_and_to_them_not_ticked(hers, bosses):
    assert 'value="admin"' not in hers.get("/account/").content.decode()
    assert make(hers, scopes=["ask", "admin"]).status_code == 400
    assert not ApiKey.objects.exists()
    html = bosses.get("/account/").content.decode()
    assert re.findall(r'name="scopes" value="(\w+)"[^>]*checked', html) == USUAL
    assert make(bosses, scopes=["read", "admin"]).status_code == 201
    assert ApiKey.objects.get().is_admin


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scopes": []}, "Tick at least one"),
        ({"scopes": ["root"]}, "root"),
        ({"model_names": ["vision-9"]}, "vision-9 is not offered."),
        ({"model_names": ["\x00"]}, "is not offered."),
        ({"asks_per_minute": "0"}, "A whole number from 1"),
        ({"asks_per_minute": "1.5"}, "A whole number from 1"),
        ({"asks_per_minute": "9" * 30}, "A whole number from 1"),
        ({"expires": "date"}, "Choose the day."),
        ({"expires": "date", "last_day": "31.1.2030"}, "Write the day as year-month-day"),
        ({"expires": "date", "last_day": "2020-01-31"}, "or later"),
        ({"expires": "date", "last_day": "9999-12-31"}, "days away"),
        ({"expires": "tomorrow"}, "Select a valid choice"),
    ],
)
def test_a_wrong_limit_is_said_beside_it_and_nothing_typed_is_lost(hers, fields, words):
    offer("vision-1", "vision-2")
    typed = {"name": "harbour", "expires": "90", "model_names": ["vision-2"], "asks_per_minute": "77"}
    response = make(hers, **(typed | fields))
    html = response.content.decode()
    assert response.status_code == 400
    assert words in text_of(response)
    assert 'limits" open' in html and 'value="harbour"' in html and "autofocus" in html
    kept = {"asks_per_minute": 'value="77"', "expires": 'value="90"', "model_names": 'value="vision-2"'}
    for name, value in kept.items():
        if name not in fields:
            assert re.search(rf'<input[^>]*name="{name}"[^>]*{value}[^>]*>', html), name
    assert len(re.findall(r"<input[^>]*checked", html)) >= 2
    assert not ApiKey.objects.exists()


def test_limits_are_folded_away_until_they_are_of_interest(hers):
    assert 'limits" open' not in hers.get("/account/").content.decode()
    assert 'limits" open' not in make(hers, name="").content.decode()
    assert 'limits" open' in make(hers, name="", asks_per_minute="5").content.decode()


def test_an_endpoint_that_names_no_models_offers_none_to_choose_from(hers):
    Endpoint.objects.filter(is_default=True).update(default_model="", model_names=[])
    assert "model_names" not in hers.get("/account/").content.decode()
    assert make(hers).status_code == 201
    assert "A_MODEL" in shown_examples(hers.get("/account/"))[0]


def test_what_was_used_with_a_key_today_and_this_month_stands_beside_it(hers, alice, bob):
    key, _ = ApiKey.issue(alice, "nightly")
    make_usage_day(alice, 1000, key=key.pk, cost="0.25")
    make_usage_day(alice, 200, key=key.pk, model="vision-2")
    make_usage_day(alice, 999, key=key.pk, endpoint="sandbox", model="sandbox")
    make_usage_day(bob, 5000, key=key.pk)
    earlier = min(3, timezone.localdate().day - 1)
    make_usage_day(alice, 34, key=key.pk, days_ago=earlier, model="vision-3", asks=7)
    words = text_of(hers.get("/account/"))
    assert "9 asks, 1,234 tokens, $0.25 this month" in words
    assert ("today 2 asks, 1,200 tokens, $0.25" if earlier else "today 9 asks, 1,234 tokens, $0.25") in words


def test_a_key_leads_to_the_usage_with_it_alone(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_usage_day(alice, 10, key=key.pk)
    address = re.search(r'href="(/usage/\?key=\d+)"', hers.get("/account/").content.decode())[1]
    assert "nightly" in text_of(hers.get(address))


def test_a_key_that_has_expired_is_said_to_have_and_stands_with_the_closed(hers, alice):
    ApiKey.issue(alice, "old script", expires=timezone.now() - timedelta(days=400))
    words = text_of(hers.get("/account/"))
    assert re.search(r"Keys that open nothing any more 1 old script .* expired \d+ \w+ \d{4}", words)


def test_the_base_url_and_the_examples_have_this_sites_address(hers):
    response = hers.get("/account/", headers={"Host": "localhost:8123"})
    assert "Base URL http://localhost:8123/v1" in text_of(response)
    texts = shown_examples(response)
    assert len(texts) == 3
    assert all(
        "http://localhost:8123/v1" in text and "YOUR_KEY" in text and "sandbox" in text for text in texts
    )


def test_the_examples_hold_the_new_key_this_once(hers):
    made = make(hers)
    secret = re.search(r"dsc_[\w-]{30,}", made.content.decode())[0]
    assert all(secret in text for text in shown_examples(made))
    assert not any("dsc_" in text for text in shown_examples(hers.get("/account/")))


def test_the_examples_are_sound_python(hers):
    for text in shown_examples(make(hers))[1:]:
        ast.parse(text)


def test_a_new_keys_examples_ask_a_model_that_it_may_ask(hers):
    offer("vision-1", "vision-2")
    assert all('"vision-2"' in text for text in shown_examples(make(hers, model_names=["vision-2"])))


def test_x20_a_models_name_cannot_leave_its_place_in_an_example(hers):
    offer('x", "$(touch /tmp/x)')
    assert all("touch" not in text and "A_MODEL" in text for text in shown_examples(hers.get("/account/")))


def test_the_page_needs_few_statements_however_many_keys_there_are(
    hers, alice, django_assert_max_num_queries
):
    for number in range(30):
        key, _ = ApiKey.issue(alice, f"key {number}")
        make_usage_day(alice, 5, key=key.pk)
    with django_assert_max_num_queries(8):
        hers.get("/account/")


def guess_old(client, old):
    fields = {"old_password": old, "new_password1": "staple-correct-9", "new_password2": "staple-correct-9"}
    return client.post("/account/password/", fields)


def test_fe10_the_old_password_is_guessed_at_as_seldom_as_in_a_login(client, alice):
    client.force_login(alice)
    answers = [guess_old(client, f"guess {number}") for number in range(25)]

    assert [answer.status_code for answer in answers] == [400] * 9 + [429] * 16
    assert guess_old(client, PASSWORD).status_code == 429
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_fe10_who_mistypes_the_old_password_some_times_gets_on(client, alice):
    client.force_login(alice)
    for number in range(5):
        assert "entered incorrectly" in guess_old(client, f"guess {number}").content.decode()

    assert guess_old(client, PASSWORD).status_code == 302
    assert client.get("/account/").status_code == 200


def test_fe10_the_admins_pages_ask_for_no_old_password_of_their_own(admin_client):
    fields = {
        "old_password": "wrong",
        "new_password1": "staple-correct-9",
        "new_password2": "staple-correct-9",
    }

    assert admin_client.get("/admin/password_change/")["Location"] == "/account/"
    assert admin_client.post("/admin/password_change/", fields)["Location"] == "/account/"
