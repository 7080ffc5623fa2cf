"""The first visit: for who has the code that the site was started with, and only while nobody has an account."""

import os
import threading

import pytest
from django.db import connections
from django.test import Client

from describer.lib.few_tries import FewTries
from describer.management.up.start import how_to_begin
from describer.models import User
from describer.ops.first_account import FILE, first_account_code
from describer.web import first_visit
from tests.web.forms import text_of

FORM = {"username": "ann", "password1": "horse-battery-9", "password2": "horse-battery-9"}
# What a proxy on the site's own machine sends: often nothing that tells of it.
STRANGERS = [
    {},
    {"REMOTE_ADDR": "10.0.0.7"},
    {"HTTP_HOST": "describer.example.org"},
    {"HTTP_HOST": "localhost:8000"},
    {"HTTP_X_REAL_IP": "127.0.0.1"},
    {"HTTP_VIA": "1.1 proxy"},
    {"HTTP_CF_CONNECTING_IP": "203.0.113.7"},
    {"HTTP_TRUE_CLIENT_IP": "127.0.0.1"},
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"HTTP_FORWARDED": "for=127.0.0.1"},
]
WRONG = ["", "AAAA-BBBB-CCCC-DDDD", "a\x00b", "ünïcode", "x" * 100_000]


@pytest.fixture
def client():
    """A browser on this machine."""
    return Client(HTTP_HOST="127.0.0.1")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A site to which no wrong code came yet."""
    monkeypatch.setattr(first_visit, "_wrong_codes", FewTries(10, seconds=60))


@pytest.fixture
def form(db):
    """The form as the site's owner fills it in."""
    return FORM | {"code": first_account_code()}


@pytest.mark.django_db
def test_every_page_leads_to_it(client):
    for page in ("/", "/history/", "/login/", "/admin/"):
        assert client.get(page)["Location"] == "/first-visit/"


@pytest.mark.django_db
def test_the_first_account_is_an_admin_and_logged_in(client, form, sandbox):
    assert client.post("/first-visit/", form)["Location"] == "/"
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.is_staff) == ("ann", True, True)
    assert client.get("/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("how", STRANGERS, ids=str)
@pytest.mark.parametrize("code", WRONG, ids=repr)
def test_fe18_without_the_code_nobody_becomes_the_admin_wherever_he_seems_to_be(client, settings, how, code):
    settings.ALLOWED_HOSTS = ["*"]
    response = client.post("/first-visit/", FORM | {"code": code}, **how)
    assert response.status_code == 403
    assert "not the code" in text_of(response)
    assert "manage.py createsuperuser" in text_of(response)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("how", STRANGERS, ids=str)
def test_fe18_with_the_code_the_owner_begins_behind_any_proxy(client, form, sandbox, settings, how):
    settings.ALLOWED_HOSTS = ["*"]
    assert client.post("/first-visit/", form, **how)["Location"] == "/"
    assert User.objects.get().is_superuser


@pytest.mark.django_db
def test_fe18_the_code_is_taken_as_people_type_it(client, form, sandbox):
    typed = f" {first_account_code().lower().replace('-', ' ')}\n"
    assert client.post("/first-visit/", form | {"code": typed})["Location"] == "/"


@pytest.mark.django_db
def test_fe18_the_printed_link_brings_the_code_and_looking_at_it_changes_nothing(client):
    lines = how_to_begin("http://testserver/")
    code, link = lines[0].split()[-1], lines[1].split()[-1]
    response = client.get(link.removeprefix("http://testserver"))
    assert code == first_account_code()
    assert f'value="{code}"' in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_fe18_the_page_says_where_the_code_is_and_not_what(client, settings):
    page = client.get("/first-visit/")
    assert FILE in text_of(page)
    assert str(settings.DATA_DIR) not in page.content.decode()
    assert first_account_code() not in page.content.decode()


@pytest.mark.django_db
def test_fe18_wrong_codes_are_few_a_minute_and_hold_the_owner_out_never(client, form, sandbox):
    wrong = [client.post("/first-visit/", FORM | {"code": f"guess {number}"}) for number in range(30)]
    assert [response.status_code for response in wrong] == [403] * 10 + [429] * 20
    assert wrong[-1]["Retry-After"]
    assert client.post("/first-visit/", form)["Location"] == "/"


@pytest.mark.django_db
def test_fe18_the_code_lies_in_the_data_folder_for_its_owner_until_there_is_an_account(
    client, form, sandbox, settings, tmp_path
):
    settings.DATA_DIR = tmp_path / "data"
    assert how_to_begin("http://testserver/")
    path = settings.DATA_DIR / FILE
    assert path.read_text().strip() == form["code"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(settings.DATA_DIR) == [FILE]
    client.post("/first-visit/", form)
    assert not path.exists()
    path.write_text("left over")
    assert how_to_begin("http://testserver/") == []
    assert not path.exists()


@pytest.mark.django_db
def test_fe18_another_secret_or_another_database_has_another_code(settings):
    before = first_account_code()
    assert before == first_account_code()
    settings.SECRET_KEY = "another"
    other = first_account_code()
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = '2020-01-02 03:04:05'")
    assert len({before, other, first_account_code()}) == 3


@pytest.mark.django_db
def test_a_weak_password_is_said_and_the_name_kept(client, form):
    response = client.post("/first-visit/", form | {"password1": "12345678", "password2": "12345678"})
    assert not User.objects.exists()
    assert 'value="ann"' in response.content.decode()


@pytest.mark.django_db
def test_it_is_gone_once_there_is_an_account(client, form, bob):
    assert client.post("/first-visit/", form)["Location"] == "/login/"
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(form):
    gate = threading.Barrier(2)

    def visit(name):
        try:
            gate.wait(10)
            Client(HTTP_HOST="127.0.0.1").post("/first-visit/", form | {"username": name})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_what_machines_ask_is_not_led_astray(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/descriptions").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a\x00nn", "<script>alert(1)</script>", "x" * 200, "a\nb", ""])
def test_x25_odd_names_are_refused_in_words(client, form, name):
    response = client.post("/first-visit/", form | {"username": name})
    assert response.status_code == 200
    assert 'class="wrong"' in response.content.decode()
    assert "<script>alert" not in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_two_different_passwords_make_no_account(client, form):
    assert client.post("/first-visit/", form | {"password2": "other-battery-9"}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db
def test_x11_without_the_token_nobody_becomes_the_admin(form):
    strict = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    assert strict.post("/first-visit/", form).status_code == 403
    assert not User.objects.exists()
