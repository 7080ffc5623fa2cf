"""The people of these tests: the admin who owns things, and Eve, who should see none of them."""

import requests

from tests.site import Site

EVE = {"username": "eve", "password": "staple-correct-9"}
MALLORY = {"username": '"><script>alert(2)</script>', "password": "horse-staple-42"}
MADE = """
from describer.models import ApiKey, User
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
    return {
        name: {"Authorization": f"Bearer {key}"}
        for name, key in zip(("admin", "eve", "mallory"), keys, strict=True)
    }


def post(site: Site, person: requests.Session, path: str, **options: object) -> requests.Response:
    """A form of a page, sent by this person with its CSRF token; redirects are not followed."""
    headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": site.url}
    return person.post(site.url + path, headers=headers, timeout=60, allow_redirects=False, **options)  # type: ignore[arg-type]
