"""What people try with what is not theirs: other people's things, forged requests, sessions, floods (X)."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.images.pictures import photo
from tests.outside.people import EVE, MALLORY, changed, guess, post, without_tokens
from tests.outside.process import seconds_of_work
from tests.outside.routes import ROUTES, its_address
from tests.site import until

pytestmark = pytest.mark.site
OPEN = {
    "healthz",
    "readyz",
    "metrics",  # to a token of its own
    "shared",  # to whoever has its link
    "shared_picture",
    "login",
    "logout",
    "first_visit",
    "theme",
    "/favicon.ico",
    "admin:login",
    "admin:logout",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def site(people_site):
    return people_site


@pytest.fixture
def anybody(site):
    """Somebody with the token of a form, and no login."""
    session = requests.Session()
    session.get(f"{site.url}/login/", timeout=10)
    return session


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", sorted(ROUTES.keys() - OPEN))
def test_x1_without_login_no_route_answers(site, anybody, name, method):
    headers = {"X-CSRFToken": anybody.cookies["csrftoken"], "Referer": site.url}
    answer = anybody.request(
        method, its_address(site, name), headers=headers, timeout=10, allow_redirects=False
    )
    if answer.status_code == 302:
        assert re.match(r"/(admin/)?login/\?next=/", answer.headers["Location"])
    elif name == "live" and method == "GET":
        assert (answer.status_code, answer.text) == (401, "")
    elif name in ("live", "images") and answer.status_code == 405:
        assert answer.text == ""
    else:
        assert name == "images" or ROUTES[name].startswith(("/api", "/v1", "/chat/completions"))
        assert answer.status_code in (
            (401, 404) if name.startswith(("/api", "/chat", "api:/api", "api:api-root")) else (401,)
        )
        assert answer.json()["error"]["code"] in ("missing_api_key", "login", "unknown_url")


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "{pk}" in route])
def test_x2_x4_a_stranger_meets_404_whatever_the_method(site, eve, name):
    never = re.sub(r"/\d+/", "/987654/", its_address(site, name).removeprefix(site.url))
    headers = {"X-CSRFToken": eve.cookies["csrftoken"], "Referer": site.url}
    for method in METHODS:
        answers = [
            eve.request(method, where, headers=headers, timeout=10, allow_redirects=False)
            for where in (its_address(site, name), site.url + never)
        ]
        assert [answer.status_code for answer in answers] == [404, 404], method
        assert without_tokens(answers[0].text) == without_tokens(answers[1].text)
    assert site.description(site.row["id"]) == site.row


@pytest.mark.parametrize("method", METHODS)
def test_x2_x4_a_strangers_key_meets_404_whatever_the_method(site, method):
    where = f"{site.url}/api/descriptions/"
    answers = [
        requests.request(method, f"{where}{number}", headers=site.people["eve"], timeout=10)
        for number in (site.row["id"], 987654)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("name", [name for name in ROUTES if name.startswith("admin:") and name not in OPEN])
def test_x1_whoever_is_no_admin_is_led_away_from_every_page_of_the_admin(site, eve, name):
    answer = eve.get(its_address(site, name), timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/?next=/")


def test_x3_anothers_rows_are_in_no_list_search_or_form(site, eve):
    number, picture = site.row["id"], site.row["images"][0]["id"]
    for path in (
        "/",
        f"/?from={number}",
        "/history/",
        "/history/?of=everybody",
        "/history/?q=script",
        "/usage/?of=everybody",
    ):
        page = eve.get(site.url + path, timeout=10).text
        assert "evil.example" not in page and f"/{number}/" not in page, path
    for query in ("", "?user=", "?user=admin", "?user=1"):
        listed = requests.get(f"{site.url}/api/descriptions{query}", headers=site.people["eve"], timeout=10)
        assert listed.json() == {"items": [], "next": None}
    page = post(site, eve, "/", data={"question": "Whose?", "picture": picture})
    assert page.status_code == 400 and f"/images/{picture}/" not in page.text


def test_x5_x32_pictures_are_private_typed_and_inert(site, owner):
    base = f"{site.url}/images/{site.row['images'][0]['id']}/"
    sent = f"{site.url}/descriptions/{site.row['id']}/sent/0/"
    for where in (base, f"{base}?download", f"{base}thumbnail/", f"{base}sent/", sent):
        headers = owner.get(where, timeout=10).headers
        assert "private" in headers["Cache-Control"] and headers["Content-Type"] == "image/jpeg"
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Disposition"].startswith("attachment" if "download" in where else "inline")
    assert "default-src 'none'; sandbox" in owner.get(base, timeout=10).headers["Content-Security-Policy"]


def test_x5_no_file_of_the_data_folder_is_served(site, owner):
    kept = next(path for path in (site.data / "media").rglob("*") if path.is_file()).relative_to(site.data)
    for path in (f"/{kept}", f"/static/../{kept}", f"/static/%2e%2e/{kept}", f"/static/..%2f{kept}", "/static/..%2fsecret_key", f"/static//{site.data}/secret_key"):  # fmt: skip
        ready = requests.Request("GET", site.url, cookies=owner.cookies).prepare()
        ready.url = site.url + path
        assert owner.send(ready, timeout=10).status_code == 404, path


def test_x11_a_forged_form_is_refused_in_words_and_changes_nothing(site, owner):
    where = f"{site.url}/descriptions/{site.row['id']}/delete/"
    token = {"csrfmiddlewaretoken": owner.cookies["csrftoken"]}
    elsewhere = {"Origin": "https://evil.example"}
    for options in ({}, {"data": {"csrfmiddlewaretoken": "x" * 32}}, {"data": token, "headers": elsewhere}):
        answer = owner.post(where, timeout=10, **options)
        assert answer.status_code == 403 and "out of date" in answer.text
    assert site.description(site.row["id"]) == site.row


def test_x11_a_cookie_is_no_way_into_the_api_and_a_key_needs_no_token(site, owner):
    assert owner.get(f"{site.url}/api/descriptions", timeout=10).status_code == 401
    answer = requests.post(
        f"{site.url}/api/descriptions", headers=site.bearer | {"Origin": "https://evil.example"}, timeout=10
    )
    assert answer.json()["error"]["code"] == "missing_required_parameter"


def test_x12_x14_a_login_gets_a_new_session_in_a_cookie_that_no_script_reads(site, anybody):
    anybody.cookies.set("sessionid", "set-beforehand-by-somebody-else1")
    token = anybody.cookies["csrftoken"]
    answer = post(site, anybody, "/login/", data=EVE)
    cookies = {one.partition("=")[0]: one for one in answer.raw.headers.getlist("Set-Cookie")}
    assert "HttpOnly" in cookies["sessionid"] and "SameSite=Lax" in cookies["sessionid"]
    assert "SameSite=Lax" in cookies["csrftoken"] and token not in cookies["csrftoken"]
    assert "set-beforehand" not in cookies["sessionid"]


def test_x14_after_logout_the_old_session_opens_nothing(site):
    person = site.login(**EVE)
    old = person.cookies.get_dict()
    assert (
        requests.get(f"{site.url}/history/", cookies=old, timeout=10, allow_redirects=False).status_code
        == 200
    )
    post(site, person, "/logout/")
    assert (
        requests.get(f"{site.url}/history/", cookies=old, timeout=10, allow_redirects=False).status_code
        == 302
    )


def test_x14_x18_a_new_password_or_a_closed_account_ends_sessions_and_keys(site):
    here, there = site.login(**MALLORY), site.login(**MALLORY)
    new = {
        "old_password": MALLORY["password"],
        "new_password1": "another-Horse-7",
        "new_password2": "another-Horse-7",
    }
    assert post(site, here, "/account/password/", data=new).status_code == 302
    seen = [
        one.get(f"{site.url}/history/", timeout=10, allow_redirects=False).status_code
        for one in (here, there)
    ]
    assert seen == [200, 302]
    changed(site, "describer_user SET is_active = 0 WHERE username LIKE '%script%'")
    assert here.get(f"{site.url}/history/", timeout=10, allow_redirects=False).status_code == 302
    assert (
        requests.get(f"{site.url}/api/descriptions", headers=site.people["mallory"], timeout=10).status_code
        == 401
    )


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_x13_nobody_is_sent_elsewhere(site, eve, anybody, target):
    answers = [
        post(site, anybody, "/login/", data=EVE | {"next": target}),
        post(site, eve, "/theme/", data={"theme": "dark", "next": target}),
        eve.get(f"{site.url}/login/", params={"next": target}, timeout=10, allow_redirects=False),
    ]
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, "/")] * 3


def test_x16_after_ten_wrong_passwords_a_name_waits_and_nobody_else(site):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: guess(site, "guessed"), range(10)))
    answer, _ = guess(site, "guessed", **{"X-Forwarded-For": "10.9.8.7"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in answer.text
    assert site.login(**EVE).get(f"{site.url}/history/", timeout=10).ok


def test_x17_an_unknown_name_and_a_wrong_password_get_the_same_words_in_the_same_time(site):
    pages, seconds = set(), {"eve": 0.0, "nobody-at-all": 0.0}
    # In turns, and by the time of the site's own work: a clock on the wall measures the tests beside this one, too.
    for _ in range(6):
        for name in seconds:
            before = seconds_of_work(site)
            answer, _ = guess(site, name)
            seconds[name] += seconds_of_work(site) - before
            pages.add(without_tokens(answer.text).replace(name, ""))
    assert len(pages) == 1
    assert 0.6 < seconds["eve"] / seconds["nobody-at-all"] < 1.6


def test_x27_fields_that_are_not_for_people_are_ignored(site, eve):
    asked = site.ask(
        photo(64, 48), question="Mine?", owner="eve", status="done", id="1", usage="0", cost="9", via="shell"
    )
    assert (asked["owner"], asked["status"], asked["via"]) == ("admin", "queued", "api")
    post(site, eve, "/account/password/", data={"is_superuser": "on", "is_staff": "on", "username": "admin"})
    assert eve.get(f"{site.url}/admin/", timeout=10, allow_redirects=False).status_code == 302
    first = {"username": "second", "password1": "another-Horse-7", "password2": "another-Horse-7"}
    assert post(site, eve, "/first-visit/", data=first).headers["Location"] == "/login/"


def test_x28_whoever_floods_is_told_to_wait_and_others_are_unharmed(site, owner, eve):
    waiting = [site.ask(photo(64, 48), question=f"Later? {number}")["id"] for number in range(3)]
    held_up = {"waiting", "queued"}  # the first for its next try, the others behind the gate
    until(lambda: {site.description(number)["status"] for number in waiting} <= held_up, "all wait")
    files = {"image": ("a.jpg", photo(64, 48))}
    more = requests.post(
        f"{site.url}/api/descriptions",
        headers=site.bearer,
        files=files,
        data={"question": "More?"},
        timeout=10,
    )
    assert (more.status_code, more.json()["error"]["code"]) == (429, "queue_full")
    assert int(more.headers["Retry-After"]) > 0
    page = post(site, owner, "/", data={"question": "More from the page?"}, files=files)
    assert (
        page.status_code == 429
        and "3 of your asks are waiting" in page.text
        and "More from the page?" in page.text
    )
    assert post(site, eve, "/", data={"question": "And I?"}, files=files).status_code == 302
    for number in waiting:
        assert post(site, owner, f"/descriptions/{number}/cancel/").status_code in (200, 302)
    open_gates(site, owner)


def open_gates(site, admin):
    """As the admin does: the endpoint said "later" for a minute."""
    listed = admin.get(f"{site.url}/admin/describer/endpoint/", timeout=10).text
    chosen = {
        "action": "open_again",
        "_selected_action": re.findall(r'name="_selected_action" value="(\d+)"', listed),
    }
    assert post(site, admin, "/admin/describer/endpoint/", data=chosen).status_code == 302
    assert "1 opened" in admin.get(f"{site.url}/admin/describer/endpoint/", timeout=10).text


def test_p24_sixteen_sends_of_one_form_are_one_ask(site, owner):
    token = re.search(r'name="token" value="([^"]+)"', owner.get(f"{site.url}/", timeout=10).text)[1]
    fields = {
        "question": "Sent sixteen times?",
        "token": token,
        "csrfmiddlewaretoken": owner.cookies["csrftoken"],
    }
    files = {"image": ("once.jpg", photo(90, 70))}
    cookies = owner.cookies.get_dict()

    def send(_):
        return requests.post(
            f"{site.url}/", data=fields, files=files, cookies=cookies, timeout=30, allow_redirects=False
        )

    with ThreadPoolExecutor(16) as pool:
        assert {(reply.status_code, reply.headers["Location"]) for reply in pool.map(send, range(16))} == {(302, f"/#description-{newest(site)}")}  # fmt: skip
    listed = requests.get(f"{site.url}/api/descriptions?limit=100", headers=site.bearer, timeout=10).json()[
        "items"
    ]
    assert [one["question"] for one in listed].count("Sent sixteen times?") == 1


def newest(site):
    listed = requests.get(f"{site.url}/api/descriptions?limit=1", headers=site.bearer, timeout=10)
    return listed.json()["items"][0]["id"]
