"""The frame of every page: who answers, how many run, where one is; and light or dark."""

import re

import pytest
from django.test import Client

from describer.models import Endpoint
from tests.rows import make_description
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def site(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


def title_of(response):
    return re.findall("<title>(.*?)</title>", response.content.decode())[0]


def test_the_sandbox_says_that_it_is_one_and_how_to_set_a_key(site):
    words = text_of(site.get("/"))

    assert "sandbox : no model is asked" in words
    assert "VISION_API_KEY" in words


def test_an_endpoint_is_named_by_its_model(site, settings):
    settings.VISION_BASE_URL, settings.VISION_MODEL = "http://127.0.0.1:9/v1", "vision-1"
    Endpoint.from_environment()

    words = text_of(site.get("/"))

    assert "Questions go to vision-1" in words and "sandbox" not in words


def test_a_paused_endpoint_says_why(site):
    Endpoint.objects.update(name="endpoint", paused_code="no_credit")

    assert "no credit left" in text_of(site.get("/"))


def test_the_tabs_title_counts_what_is_unfinished(site, alice, bob):
    assert title_of(site.get("/")) == "Ask - Describer"

    for status in ("queued", "running", "waiting", "done", "failed"):
        make_description(alice, status=status)
    make_description(bob, status="running")

    assert title_of(site.get("/")) == "(3) Ask - Describer"


def test_the_page_one_is_on_is_marked(site):
    page = site.get("/").content.decode()

    assert re.findall(r'<a href="([^"]+)" aria-current="page"', page) == ["/"]


def test_only_staff_is_led_to_the_admin(site, client, boss):
    assert 'href="/admin/"' not in site.get("/").content.decode()
    client.force_login(boss)
    assert 'href="/admin/"' in client.get("/").content.decode()


def test_x20_a_persons_name_is_text(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("<script>alert(1)</script>"))

    assert "<script>alert" not in client.get("/").content.decode()


def test_x10_a_page_holds_no_inline_script_and_no_inline_style(site, alice):
    make_description(alice, "A dog.")
    page = site.get("/").content.decode()

    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert " style=" not in page and "<style" not in page
    assert re.findall(r'\bon\w+="', page) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert "htmx" not in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_there_from_the_first_byte(site, theme):
    response = site.post("/theme/", {"theme": theme, "next": "/?a=1"})

    assert (response.status_code, response["Location"]) == (302, "/?a=1")
    assert f'<html lang="en" data-theme="{theme}">' in site.get("/").content.decode()


def test_x12_the_themes_cookie_is_out_of_scripts_reach(site):
    cookie = site.post("/theme/", {"theme": "dark"}).cookies["theme"]

    assert cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.parametrize("theme", ["system", "", '"><script>'])
def test_as_the_system_is_forgets_the_choice(site, theme):
    site.post("/theme/", {"theme": "dark"})
    site.post("/theme/", {"theme": theme})

    assert '<html lang="en">' in site.get("/").content.decode()


@pytest.mark.parametrize("value", ["blue", '"><script>alert(1)</script>'])
def test_a_cookie_that_names_no_theme_is_ignored(site, value):
    site.cookies["theme"] = value

    assert '<html lang="en">' in site.get("/").content.decode()


@pytest.mark.parametrize(
    "evil", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_x13_the_way_back_leads_nowhere_else(site, evil):
    assert site.post("/theme/", {"theme": "dark", "next": evil})["Location"] == "/"


def test_get_changes_no_theme(site):
    assert site.get("/theme/?theme=dark").status_code == 405


def test_x11_a_theme_needs_the_csrf_token(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert strict.post("/theme/", {"theme": "dark"}).status_code == 403
