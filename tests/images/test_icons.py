"""The mark is where browsers and telephones look for it, on every kind of page."""

from pathlib import Path

import pytest
from PIL import Image

STATIC = Path(__file__).parents[2] / "static"


def test_a_browser_that_asks_for_favicon_ico_is_led_to_one(admin_client):
    response = admin_client.get("/favicon.ico")

    assert response.status_code == 302
    assert response["Location"] == "/static/icons/favicon.ico"


@pytest.mark.parametrize(
    "page", ["/", "/account/", "/nowhere/", "/api/docs", "/admin/", "/admin/describer/user/"]
)
def test_every_page_names_an_icon(admin_client, page):
    assert b'rel="icon"' in admin_client.get(page).content


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_every_page_for_strangers_names_an_icon(client, django_user_model, db, page):
    django_user_model.objects.create_user("somebody")

    assert b'rel="icon"' in client.get(page).content


def test_the_bare_error_page_names_an_icon_that_is_there():
    page = (STATIC.parent / "templates" / "error_bare.html").read_text(encoding="utf-8")

    assert 'rel="icon" href="/static/icons/icon.svg"' in page and (STATIC / "icons" / "icon.svg").exists()


@pytest.mark.parametrize(("name", "size"), [("icon-180.png", (180, 180)), ("favicon.ico", (48, 48))])
def test_each_icon_has_the_size_that_is_looked_for(name, size):
    with Image.open(STATIC / "icons" / name) as icon:
        assert icon.size == size
