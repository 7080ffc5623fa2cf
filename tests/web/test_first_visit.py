"""The first visit: from this machine alone, and only while nobody has an account."""

import threading

import pytest
from django.db import connections
from django.test import Client

from describer.models import User
from tests.web.forms import text_of

FORM = {"username": "ann", "password1": "horse-battery-9", "password2": "horse-battery-9"}
ELSEWHERE = [
    {"REMOTE_ADDR": "10.0.0.7"},
    {"HTTP_X_FORWARDED_FOR": "10.0.0.7"},
    {"HTTP_FORWARDED": "for=10.0.0.7"},
    {"HTTP_HOST": "describer.example.org"},
]


@pytest.fixture
def client():
    """A browser on this machine."""
    return Client(HTTP_HOST="127.0.0.1")


@pytest.mark.django_db
def test_every_page_leads_to_it(client):
    for page in ("/", "/history/", "/login/", "/admin/"):
        assert client.get(page)["Location"] == "/first-visit/"


@pytest.mark.django_db
def test_the_first_account_is_an_admin_and_logged_in(client, sandbox):
    assert client.post("/first-visit/", FORM)["Location"] == "/"
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.is_staff) == ("ann", True, True)
    assert client.get("/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("how", ELSEWHERE)
def test_from_elsewhere_nobody_becomes_the_admin(client, settings, how):
    settings.ALLOWED_HOSTS = ["*"]
    response = client.post("/first-visit/", FORM, **how)
    assert response.status_code == 403
    assert "manage.py createsuperuser" in text_of(response)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_weak_password_is_said_and_the_name_kept(client):
    response = client.post("/first-visit/", FORM | {"password1": "12345678", "password2": "12345678"})
    assert not User.objects.exists()
    assert 'value="ann"' in response.content.decode()


@pytest.mark.django_db
def test_it_is_gone_once_there_is_an_account(client, bob):
    assert client.post("/first-visit/", FORM)["Location"] == "/login/"
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins():
    gate = threading.Barrier(2)

    def visit(name):
        try:
            gate.wait(10)
            Client(HTTP_HOST="127.0.0.1").post("/first-visit/", FORM | {"username": name})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_from_elsewhere_no_form_is_shown_and_none_can_be_sent(client):
    response = client.get("/first-visit/", HTTP_X_FORWARDED_FOR="10.0.0.7")
    assert response.status_code == 403
    assert "<form" not in response.content.decode()


@pytest.mark.django_db
def test_what_machines_ask_is_not_led_astray(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/descriptions").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a\x00nn", "<script>alert(1)</script>", "x" * 200, "a\nb", ""])
def test_x25_odd_names_are_refused_in_words(client, name):
    response = client.post("/first-visit/", FORM | {"username": name})
    assert response.status_code == 200
    assert 'class="wrong"' in response.content.decode()
    assert "<script>alert" not in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_two_different_passwords_make_no_account(client):
    assert client.post("/first-visit/", FORM | {"password2": "other-battery-9"}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db
def test_x11_without_the_token_nobody_becomes_the_admin():
    strict = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    assert strict.post("/first-visit/", FORM).status_code == 403
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.1:8000"])
def test_each_name_of_this_machine_will_do(host):
    assert "<form" in Client(HTTP_HOST=host).get("/first-visit/").content.decode()
