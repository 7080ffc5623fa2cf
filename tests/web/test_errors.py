"""The error pages: human words in the frame, JSON for scripts, and nothing needed where all is broken."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client, RequestFactory
from django.urls import include, path

from describer.lib.route_traits import PAGE, SCRIPT, RouteTraits, route
from describer.web import errors


def break_down(request):
    raise RuntimeError("the value 42-secret went missing")


def forbid(request):
    raise PermissionDenied("42-secret")


def doubt(request):
    raise BadRequest("42-secret")


def find_it_locked(request):
    raise OperationalError("database is locked: 42-secret")


def find_no_room(request):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes as many as there are
        try:
            cursor.execute("CREATE TABLE more (words)")
        finally:
            cursor.execute("PRAGMA max_page_count = 4294967294")


def misread(request):
    raise ProgrammingError("no such column: 42-secret")


def told_in(traits, view):
    """The same view at a route that says of itself how its errors are told."""

    @route(traits)
    def same(request):
        return view(request)

    return same


PICTURES = RouteTraits(json_methods=frozenset({"POST"}))
urlpatterns = [
    *(
        path(f"{prefix}{name}/", told_in(traits, view))
        for prefix, traits in (("", PAGE), ("api/", SCRIPT), ("v1/", SCRIPT), ("images/", PICTURES))
        for name, view in (
            ("break", break_down),
            ("forbid", forbid),
            ("doubt", doubt),
            ("locked", find_it_locked),
            ("full", find_no_room),
        )
    ),
    path("misread/", misread),
    path("", include("describer.urls")),
]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error


@pytest.fixture
def client(alice, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nowhere/", 404, "There is nothing here"),
        ("/forbid/", 403, "This is not for your account"),
        ("/doubt/", 400, "That request could not be read"),
        ("/break/", 500, "Something broke on our side"),
    ],
)
def test_each_error_has_a_page_with_words_and_a_way_on(client, sandbox, address, status, words):
    response = client.get(address)

    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert 'href="/"' in page
    assert "42-secret" not in page and "Traceback" not in page


@pytest.mark.parametrize("prefix", ["/api/", "/v1/", "/images/"])
@pytest.mark.parametrize(
    ("name", "status", "kind", "code"),
    [
        ("forbid/", 403, "permission_error", "permission_denied"),
        ("doubt/", 400, "invalid_request_error", "bad_request"),
        ("break/", 500, "server_error", "server_error"),
    ],
)
def test_scripts_get_json_of_the_one_shape(client, prefix, name, status, kind, code):
    response = client.post(prefix + name)

    error = response.json()["error"]
    assert response.status_code == status
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == (kind, None, code)
    assert "42-secret" not in error["message"]


def test_a_picture_that_is_not_there_is_a_page_and_no_json(client, sandbox):
    assert client.get("/images/999/nothing/")["Content-Type"].startswith("text/html")


def test_the_500_page_shows_a_number_that_is_in_the_log(client, caplog):
    page = client.get("/break/").content.decode()

    (line,) = [record.getMessage() for record in caplog.records if record.name == "describer.web.errors"]
    number = line.split()[1]
    assert len(number) == 8
    assert number in page


@pytest.mark.parametrize("view", [errors.server_error, errors.busy])
def test_500_and_503_need_no_database(view):
    with connection.execute_wrapper(lambda *_: pytest.fail("asked the database")):
        response = view(RequestFactory().get("/usage/"))

    assert response.status_code in (500, 503)
    assert b"/static/css/site.css" in response.content


def test_503_says_when_to_come_again():
    response = errors.busy(RequestFactory().get("/"))

    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_u71_a_database_on_a_full_disk_is_said_as_such(client):
    page = client.get("/full/")
    assert page.status_code == 507
    assert "disk is full" in page.content.decode()
    told = client.get("/v1/full/")
    assert (told.status_code, told.json()["error"]["code"]) == (507, "disk_full")


def test_413_has_words(alice, rf, sandbox):
    request = rf.get("/")
    request.user = alice

    response = errors.too_large(request)

    assert response.status_code == 413
    assert b"Send fewer or smaller pictures" in response.content


def test_x11_a_post_without_the_token_gets_a_page_with_words(alice, sandbox):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    response = client.post("/account/keys/", {"name": "script"})

    assert response.status_code == 403
    assert b"This form is out of date" in response.content
    assert not alice.api_keys.exists()


def test_x15_a_foreign_host_is_a_400_page(db):
    response = Client(headers={"host": "evil.example"}).get("/login/")

    assert response.status_code == 400
    assert b"could not be read" in response.content


@pytest.mark.parametrize("address", ["/nowhere/", "/forbid/", "/break/"])
def test_x10_error_pages_carry_the_headers_of_all_pages(client, sandbox, address):
    response = client.get(address)

    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_x20_a_script_in_the_address_is_not_repeated(client, sandbox):
    assert b"<script>alert" not in client.get("/<script>alert(1)</script>/").content


@pytest.mark.parametrize(
    ("address", "kind"), [("/locked/", "text/html"), ("/api/locked/", "application/json")]
)
def test_a_database_that_is_away_is_a_503_that_says_when_to_come_again(client, sandbox, address, kind):
    response = client.get(address)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"].startswith(kind)
    assert "busy" in response.content.decode()
    assert "42-secret" not in response.content.decode()


def test_a_fault_in_our_own_statements_is_a_500_and_no_promise(client, sandbox):
    assert client.get("/misread/").status_code == 500


def test_who_is_logged_out_gets_the_404_in_the_frame_too(client, sandbox):
    client.logout()
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert b'class="mark" href="/"' in response.content


def test_429_says_when_to_come_again(alice, rf, sandbox):
    request = rf.get("/")
    request.user = alice

    response = errors.too_many_requests(request, "Too many asks.", retry_after=7)

    assert (response.status_code, response["Retry-After"]) == (429, "7")
    assert b"Too many asks." in response.content
