"""Login and logout: Django's own, guarded against guessing."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from tests.conftest import PASSWORD


def log_in(client, name="alice", password=PASSWORD, **fields):
    return client.post("/login/", {"username": name, "password": password, **fields})


def test_a_right_password_leads_to_the_front_page(client, alice):
    response = log_in(client)

    assert (response.status_code, response["Location"]) == (302, "/")


def test_it_leads_back_to_the_page_that_was_asked_for(client, alice):
    assert log_in(client, next="/usage/?period=year")["Location"] == "/usage/?period=year"


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\x00//evil.example",
    ],
)
def test_x13_a_way_to_elsewhere_is_ignored(client, alice, evil):
    assert log_in(client, next=evil)["Location"] == "/"


@pytest.mark.parametrize("address", ["/history/", "/usage/", "/account/", "/descriptions/1/"])
def test_x01_pages_lead_to_the_login_first(client, alice, address):
    response = client.get(address)

    assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")


def test_x17_an_unknown_name_and_a_wrong_password_get_the_same_words(client, alice):
    wrong = log_in(client, password="wrong")
    unknown = log_in(client, name="nobody", password="wrong")

    assert wrong.status_code == unknown.status_code == 200
    errors = [response.context["form"].non_field_errors() for response in (wrong, unknown)]
    assert errors[0] == errors[1] == ["That name and password do not belong together."]


def test_x17_a_closed_account_gets_the_same_words(client, alice):
    alice.is_active = False
    alice.save()

    response = log_in(client)

    assert response.context["form"].non_field_errors() == ["That name and password do not belong together."]


def guess(client, times, name="alice"):
    return [log_in(client, name=name, password=f"guess {number}") for number in range(times)]


def test_x16_after_ten_wrong_passwords_even_the_right_one_has_to_wait(client, alice):
    guess(client, settings.AXES_FAILURE_LIMIT + 1)

    response = log_in(client)

    assert response.status_code == 429
    assert "Wait 15 minutes" in response.content.decode()
    assert response["Retry-After"] == "900"
    assert "_auth_user_id" not in client.session


def test_x16_nine_wrong_passwords_harm_nobody(client, alice):
    guess(client, settings.AXES_FAILURE_LIMIT - 1)

    assert log_in(client).status_code == 302


def test_x16_another_person_at_the_same_address_gets_in(client, alice, bob):
    guess(client, settings.AXES_FAILURE_LIMIT + 2)

    assert log_in(client, name="bob").status_code == 302


def test_x16_the_same_name_from_another_address_gets_in(client, alice):
    guess(client, settings.AXES_FAILURE_LIMIT + 2)

    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert log_in(elsewhere).status_code == 302


def test_x16_a_forwarded_address_opens_no_second_door(client, alice):
    guess(client, settings.AXES_FAILURE_LIMIT + 1)

    liar = Client(headers={"x-forwarded-for": "192.0.2.7"})
    assert log_in(liar).status_code == 429


@pytest.fixture
def proxied(settings):
    """A browser behind a proxy that adds the address which it saw to what the visitor claims."""
    settings.TRUSTED_PROXIES = 1

    def browser(address, claimed="198.51.100.9, "):
        return Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{claimed}{address}")

    return browser


def test_fe09_behind_a_proxy_a_stranger_locks_himself_out_and_not_the_owner(proxied, alice):
    for number in range(settings.AXES_FAILURE_LIMIT):
        log_in(proxied("203.0.113.7", f"198.51.100.{number}, "), password="wrong")

    assert log_in(proxied("203.0.113.7", "")).status_code == 429
    assert log_in(proxied("192.0.2.4", "203.0.113.7, ")).status_code == 302


@pytest.mark.parametrize(
    "claimed", [{"HTTP_FORWARDED": "for=192.0.2.4"}, {"HTTP_X_REAL_IP": "192.0.2.4"}, {"HTTP_CLIENT_IP": "x"}]
)
def test_fe09_what_a_proxy_does_not_write_changes_no_count(proxied, alice, claimed):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        log_in(proxied("203.0.113.7"), password="wrong")
    liar = proxied("203.0.113.7")
    liar.defaults.update(claimed)

    assert log_in(liar).status_code == 429


def test_fe09_a_house_of_ipv6_is_one_address(proxied, alice):
    for number in range(settings.AXES_FAILURE_LIMIT):
        log_in(proxied(f"2001:db8:1:2::{number}"), password="wrong")

    assert log_in(proxied("2001:db8:1:2:ffff::1")).status_code == 429
    assert log_in(proxied("2001:db8:1:3::1")).status_code == 302


def test_fe09_many_names_from_one_address_are_counted_together_and_elsewhere_nobody_waits(alice, bob):
    stranger = Client(REMOTE_ADDR="203.0.113.8")
    answers = [log_in(stranger, name=f"somebody {number}", password="summer") for number in range(60)]

    assert [answer.status_code for answer in answers[:49]] == [200] * 49
    assert {answer.status_code for answer in answers[50:]} == {429}
    assert log_in(stranger, name="bob").status_code == 429
    assert log_in(Client(REMOTE_ADDR="192.0.2.5")).status_code == 302


def test_fe09_who_has_logged_in_from_an_address_before_does_not_wait_for_strangers_there(alice, bob):
    here = {"REMOTE_ADDR": "203.0.113.9"}
    assert log_in(Client(**here)).status_code == 302
    for number in range(60):
        log_in(Client(**here), name=f"somebody {number}", password="summer")

    assert log_in(Client(**here)).status_code == 302
    assert log_in(Client(**here), name="bob").status_code == 429


def test_fe09_a_login_of_ones_own_between_guesses_forgives_no_guess(alice, bob):
    here = {"REMOTE_ADDR": "203.0.113.10"}
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        log_in(Client(**here), password="wrong")
        assert log_in(Client(**here), name="bob").status_code == 302
    log_in(Client(**here), password="wrong")

    assert log_in(Client(**here)).status_code == 429


def test_x14_the_session_gets_a_new_id_at_login(client, alice):
    client.session["before"] = "login"
    client.session.save()
    before = client.session.session_key

    log_in(client)

    assert client.session.session_key != before


def test_logout_takes_a_post_and_ends_the_session(client, alice):
    client.force_login(alice)
    key = client.session.session_key

    assert client.get("/logout/").status_code == 405
    response = client.post("/logout/")

    assert (response.status_code, response["Location"]) == (302, "/login/")
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize("path", ["/logout/", "/admin/logout/"])
def test_fe20_a_logout_empties_what_the_browser_has_kept(client, boss, path):
    client.force_login(boss)
    assert "Clear-Site-Data" not in client.get("/")
    assert client.post(path)["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize(
    "path", ["/", "/history/", "/usage/", "/account/", "/admin/", "/login/", "/nowhere/", "/api/docs"]
)
def test_fe23_no_browser_keeps_a_page_for_its_back_button(client, boss, path):
    client.force_login(boss)
    assert "no-store" in client.get(path)["Cache-Control"]


def test_fe20_over_https_every_cookie_is_secure(client, alice, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client.force_login(alice)
    proxied = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_REFERER": "https://testserver/"}
    client.get("/login/", **proxied)
    replies = [
        client.post("/history/", {"view": "list"}, **proxied),
        client.post("/theme/", {"theme": "dark"}, **proxied),
        client.post("/login/", {"username": "alice", "password": "wrong"}, **proxied),
        client.get("/", **proxied),
        client.post("/logout/", **proxied),
    ]
    cookies = [cookie for reply in replies for cookie in reply.cookies.values()]
    assert {"history_view", "theme", "csrftoken", "sessionid"} <= {cookie.key for cookie in cookies}
    assert [cookie.key for cookie in cookies if not (cookie["secure"] and cookie["samesite"])] == []


def test_who_is_logged_in_already_goes_on(client, alice):
    client.force_login(alice)

    assert client.get("/login/")["Location"] == "/"


@pytest.mark.parametrize("name", ["al\x00ice", "al\x1bice", "<script>alert(1)</script>", "x" * 100_000])
def test_x25_odd_names_are_refused_and_never_a_500(client, alice, name):
    response = log_in(client, name=name)

    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_x12_cookies_are_shut_to_scripts_and_other_sites(client, alice):
    cookie = log_in(client).cookies["sessionid"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_x13_the_way_on_is_kept_in_the_form_as_text(client, alice):
    html = client.get("/login/", {"next": '/usage/"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html
    assert 'name="next" value="/usage/&quot;' in html


def test_x16_the_wait_is_a_page_with_words_and_a_way_on(client, alice):
    page = guess(client, settings.AXES_FAILURE_LIMIT + 1)[-1].content.decode()
    assert "ask the site&#x27;s admin" in page
    assert 'href="/"' in page


def test_x17_who_waits_is_not_told_whether_the_name_is_known(client, alice):
    known, unknown = (
        guess(client, settings.AXES_FAILURE_LIMIT + 1, name)[-1] for name in ("alice", "nobody")
    )
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_x14_a_session_of_a_closed_account_ends(client, alice):
    client.force_login(alice)
    alice.is_active = False
    alice.save()
    assert client.get("/usage/")["Location"] == "/login/?next=/usage/"


def test_x14_the_old_session_opens_nothing_after_logout(client, alice):
    client.force_login(alice)
    before = client.cookies["sessionid"].value
    client.post("/logout/")
    client.cookies["sessionid"] = before
    assert client.get("/history/").status_code == 302


def test_get_logs_nobody_in(client, alice):
    client.get("/login/", {"username": "alice", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
