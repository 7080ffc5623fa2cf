"""What nobody in particular sends is not taken: neither disk nor memory is theirs (FE07, FE21)."""

import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import wire
from tests.images.pictures import photo
from tests.outside.people import EVE, changed, with_people
from tests.outside.process import megabytes
from tests.site import Site, until

pytestmark = pytest.mark.site
MIB = 2**20
SMALL = bytes(240_000)
BOGUS = "Authorization: Bearer dsc_nobody"
ROUTES = [
    "POST /",
    "POST /images/",
    "POST /login/",
    "PUT /login/",
    "POST /admin/login/",
    "POST /first-visit/",
    "GET /history/",
    "POST /account/keys/",
    "POST /api/descriptions",
    "POST /api/descriptions/each/",
    "POST /api/webhooks",
    "DELETE /api/descriptions/1",
    "GET /api/descriptions.csv",
    "POST /api/nowhere",
    "POST /v1/chat/completions",
    "GET /v1/models",
    "POST /chat/completions",
    "GET /static/css/site.css",
    "GET /live/",
    "POST /healthz",
    "PATCH /metrics",
    "POST /nowhere",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    (folder / "tmp").mkdir()
    with Site(folder / "data", TMPDIR=str(folder / "tmp"), UPLOAD_SILENCE_SECONDS="5") as started:
        started.people = with_people(started)
        yield started


def on_disk(site):
    """Bytes of the files, with names or without, that the site has open in its folder for temporary ones."""
    folder, size = f"/proc/{site.process.pid}/fd", 0
    for name in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{name}").startswith(site.environment["TMPDIR"]):
                size += os.stat(f"{folder}/{name}").st_size
        except FileNotFoundError:
            continue
    return size + sum(path.stat().st_size for path in Path(site.environment["TMPDIR"]).iterdir())


def begun(site, stack, line, *headers, chunked=False, size=25 * MIB):
    """A form of so many bytes that never comes to its end, sent by a thread as far as the site takes it."""
    connection = stack.enter_context(wire.connected(site))
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size + MIB}"
    pieces = [wire.file_head("never.jpg"), *[bytes(MIB)] * (size // MIB)]
    told = [wire.form(line, length, *headers), *(map(wire.chunk, pieces) if chunked else pieces)]
    sender = threading.Thread(target=wire.sent, args=(connection, told))
    sender.start()
    stack.callback(sender.join)
    return connection


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "chunked"])
def test_fe07_unfinished_bodies_of_strangers_lie_nowhere_on_any_route(site, chunked):
    before = megabytes(site)
    with ExitStack() as stack:
        begun_ones = [(line, begun(site, stack, line, BOGUS, chunked=chunked)) for line in ROUTES]
        answers, most = {}, 0
        for line, connection in begun_ones:
            most = max(most, on_disk(site))
            answers[line] = wire.received(connection).status
    assert {line: status for line, status in answers.items() if status not in (401, 413)} == {}
    assert most == 0
    assert megabytes(site) - before < 60


def logged_out(site):
    person = site.login(**EVE)
    cookie = f"sessionid={person.cookies['sessionid']}"
    person.post(f"{site.url}/logout/", data={"csrfmiddlewaretoken": person.cookies["csrftoken"]}, timeout=10)
    return f"Cookie: {cookie}"


def with_password_of_before(site):
    cookie = f"Cookie: sessionid={site.login(**EVE).cookies['sessionid']}"
    site.manage("shell", "-c", CHANGED.format(password="another-staple-7"))
    return cookie


CHANGED = """
from describer.models import User
eve = User.objects.get(username="eve")
eve.set_password({password!r})
eve.save()
"""


@pytest.mark.parametrize("cookie", ["", "Cookie: sessionid=%00", "Cookie: sessionid=0123456789abcdef0123456789abcdef", logged_out, with_password_of_before])  # fmt: skip
def test_fe07_a_session_that_is_over_is_a_strangers(site, cookie):
    header = cookie(site) if callable(cookie) else cookie
    for path, told in (("/images/", "login"), ("/", "Log in again")):
        with ExitStack() as stack:
            answer = wire.received(begun(site, stack, f"POST {path}", header))
        assert (answer.status, answer.headers["connection"]) == (401, "close")
        assert told in answer.text


def test_fe07_a_key_that_is_over_is_a_strangers(site):
    revoked = site.new_key()
    changed(site, f"describer_apikey SET revoked = created WHERE prefix = '{revoked[:12]}'")
    changed(site, "describer_user SET is_active = 0 WHERE username = 'mallory' OR username LIKE '%script%'")
    disabled = site.people["mallory"]["Authorization"].partition(" ")[2]
    for key, of_disabled in ((revoked, 401), (disabled, 403)):
        for path, status in (("/api/descriptions", 401), ("/v1/chat/completions", of_disabled)):
            with ExitStack() as stack:
                answer = wire.received(begun(site, stack, f"POST {path}", f"Authorization: Bearer {key}"))
            assert answer.status == status
            assert set(answer.error) == {"message", "type", "param", "code"}


def small_files(count):
    """A form of many small files, piece by piece."""
    for number in range(count):
        yield wire.file_head(f"{number}.jpg")
        yield SMALL + b"\r\n"
    yield wire.END


def sent_at_once(site, line, header, count, forms):
    """The replies to so many forms of so many small files that are sent at once."""
    size = sum(map(len, small_files(count)))
    answers = []

    def send():
        with wire.connected(site, 120) as connection:
            wire.sent(connection, [wire.form(line, f"Content-Length: {size}", header), *small_files(count)])
            answers.append(wire.received(connection))

    senders = [threading.Thread(target=send) for _ in range(forms)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return answers


@pytest.mark.parametrize("line", ["POST /login/", "POST /", "POST /images/", "POST /api/descriptions"])
def test_fe21_many_small_files_before_login_take_no_memory(site, line):
    before = megabytes(site)
    answers = sent_at_once(site, line, "Accept: */*", 400, 4)
    assert {answer.status for answer in answers} <= {401, 413}
    assert megabytes(site) - before < 30


def test_fe21_nor_do_a_persons_and_none_of_it_stays(site):
    changed(site, "describer_user SET is_active = 1")
    header = f"Authorization: {site.bearer['Authorization']}"
    assert site.ask(photo(64, 48))["id"]
    before = megabytes(site)
    answers = sent_at_once(site, "POST /api/descriptions", header, 400, 4)
    assert {(answer.status, answer.error["code"]) for answer in answers} == {
        (400, "missing_required_parameter")
    }
    assert megabytes(site, "VmHWM") - before < 60
    until(lambda: on_disk(site) == 0, "no temporary file is left")
    until(lambda: megabytes(site) - before < 40, "nothing of it stays in memory")


def test_fe21_a_form_of_words_is_taken_from_a_person_up_to_its_limit_and_no_files_are(site):
    owner = site.login()
    header = f"Cookie: sessionid={owner.cookies['sessionid']}"
    with ExitStack() as stack:
        answer = wire.received(begun(site, stack, "POST /account/keys/", header))
    assert answer.status == 413
    assert "takes no files" in answer.text
    fields = {"name": "x" * 200_000, "csrfmiddlewaretoken": owner.cookies["csrftoken"]}
    reply = owner.post(f"{site.url}/account/keys/", data=fields, headers={"Referer": site.url}, timeout=30)
    assert reply.status_code == 400
    assert "100" in reply.text
