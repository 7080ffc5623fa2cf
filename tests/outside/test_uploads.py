"""Uploads as networks and people really send them, over the site's own socket (U)."""

import io
import re
import struct
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest
import requests

from tests import wire
from tests.images.pictures import avif, bare_png, exif, frames, heic, photo, png, saved, scene, webp
from tests.outside.people import post, with_people
from tests.outside.process import megabytes
from tests.site import Site, until

pytestmark = pytest.mark.site
MIB = 2**20
SILENCE = 1
BLOCK = bytes(64 * 1024)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    (folder / "tmp").mkdir()
    variables = {"UPLOAD_SILENCE_SECONDS": str(SILENCE), "TMPDIR": str(folder / "tmp")}
    with Site(folder / "data", **variables) as started:
        started.people = with_people(started)
        yield started


def api(site, *files, who="admin", headers=None, **fields):
    return requests.post(
        f"{site.url}/api/descriptions",
        headers=site.people[who] | (headers or {}),
        files=[("image", file) for file in files],
        data={"question": "What is it?"} | fields,
        timeout=60,
    )


def refused(response, status, code):
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error["message"]


def newest(site, who="admin"):
    listed = requests.get(f"{site.url}/api/descriptions", headers=site.people[who], timeout=30)
    return [one["id"] for one in listed.json()["items"]]


def files_kept(site):
    return sorted(str(path) for path in (site.data / "media").rglob("*") if path.is_file())


def left_over(site):
    return list(Path(site.environment["TMPDIR"]).iterdir())


def tray(page):
    """The names of the pictures that a page's form still holds."""
    return [unescape(name) for name in re.findall(r'name="picture_name" value="([^"]*)"', page)]


def token(page):
    return re.search(r'name="token" value="([^"]+)"', page)[1]


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


def sized(data, mark, skip, form, *size):
    """The same file with another size in its header."""
    at = data.index(mark) + skip
    packed = struct.pack(form, *size)
    return data[:at] + packed + data[at + len(packed) :]


TAKEN = {
    "progressive.jpg": lambda: photo(64, 48, progressive=True, exif=exif(6)),
    "cmyk.jpg": lambda: saved(scene(64, 48).convert("CMYK"), "JPEG"),
    "alpha.png": lambda: png(64, 48, "RGBA"),
    "lossy.webp": lambda: webp(64, 48),
    "moving.gif": lambda: frames(3, "GIF"),
    "pages.tiff": lambda: frames(3, "TIFF"),
    "phone.heic": lambda: heic(64, 48),
    "new.avif": lambda: avif(64, 48),
    "old.bmp": lambda: saved(scene(64, 48), "BMP"),
    "dot.png": lambda: png(1, 1),
    "thread.png": lambda: png(1, 3000),
    "u30 wrong.heic": lambda: png(64, 48),
    "u31 no extension": lambda: photo(64, 48),
    "U32 UPPER.JPEG": lambda: photo(64, 48),
    "u33 图片 🏔 и\u0306.jpg": lambda: photo(64, 48),
}
REFUSED = {
    "u40.jpg": (lambda: b"", 400, "image_empty", "is empty"),
    "u41 page.jpg": (lambda: b"<!doctype html><p>hello", 415, "image_format", "JPEG"),
    "u41 archive.jpg": (zipped, 415, "image_format", "JPEG"),
    "u41 program.jpg": (lambda: b"\x7fELF\x02\x01\x01" + bytes(99), 415, "image_format", "JPEG"),
    "u42 drawing.png": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "image_format", "SVG"),
    "u43 paper.jpg": (lambda: b"%PDF-1.7\n", 415, "image_format", "PDF"),
    "u44 half.jpg": (lambda: photo(640, 480)[:20_000], 400, "image_damaged", "again"),
    "u44 half.heic": (lambda: heic(640, 480)[:3_000], 400, "image_damaged", "again"),
    "u52 raw.dng": (
        lambda: struct.pack("<2sHIHHHI4B", b"II", 42, 8, 1, 50706, 1, 4, 1, 4, 0, 0) + bytes(4),
        415,
        "image_raw",
        "JPEG",
    ),
    "u53 script.jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "image_format", "JPEG"),
}
BOMBS = {
    "u47.png": lambda: bare_png(20_000, 20_000, 1, 0, bytes(2501 * 20_000)),
    "u48.jpg": lambda: sized(photo(64, 48), b"\xff\xc0", 5, ">HH", 65_500, 65_500),
    "u48.webp": lambda: sized(webp(64, 48), b"\x9d\x01\x2a", 3, "<HH", 16_383, 16_383),
    "u49.gif": lambda: sized(saved(scene(64, 48).convert("P"), "GIF"), b"GIF8", 6, "<HH", 65_535, 65_535),
    "u49.bmp": lambda: sized(saved(scene(64, 48), "BMP"), b"BM", 18, "<ii", 100_000, 100_000),
    "u49.heic": lambda: sized(heic(64, 48), b"ispe", 8, ">II", 100_000, 100_000),
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_kind_of_picture_is_accepted_and_answered(site, name):
    response = api(site, (name, TAKEN[name](), "text/html"))
    assert response.status_code == 202, response.text
    described = site.finished(response.json()["id"])
    assert described["status"] == "done"
    assert described["images"][0]["name"] == name


@pytest.mark.parametrize("name", REFUSED)
def test_u40_to_u45_u52_u53_what_is_no_picture_is_refused_with_its_name_and_what_to_do(site, name):
    make, status, code, words = REFUSED[name]
    before = files_kept(site), newest(site)
    message = refused(api(site, (name, make())), status, code)
    assert name in message
    assert words in message
    assert "cannot identify" not in message
    assert (files_kept(site), newest(site)) == before


@pytest.mark.parametrize("name", BOMBS)
def test_u47_to_u49_a_bomb_is_refused_from_its_header(site, name):
    bomb = BOMBS[name]()
    began = time.monotonic()
    assert name in refused(api(site, (name, bomb)), 413, "image_too_many_pixels")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("..\\..\\x.jpg", "x.jpg"),
        ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
        ("'><img src=x onerror=alert(1)>.jpg", "'><img src=x onerror=alert(1)>.jpg"),
        ("&lt;b&gt;.jpg", "<b>.jpg"),
    ],
)
def test_u34_to_u37_a_name_is_a_label_and_never_a_path(site, owner, given, kept):
    made = api(site, (given, photo(64, 48))).json()
    assert made["images"][0]["name"] == kept
    page = owner.get(f"{site.url}/descriptions/{made['id']}/", timeout=10).text
    assert kept in unescape(page)
    assert "<img src=x" not in page and "<b>.jpg" not in page
    offered = owner.get(f"{site.url}/images/{made['images'][0]['id']}/?download", timeout=10)
    assert re.fullmatch(r"attachment; filename(=\"([^\"\\]|\\.)*\"|\*=utf-8''[\w%.~-]+)", offered.headers["Content-Disposition"])  # fmt: skip
    assert all(
        re.search(r"/[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]{8}(\.\w+)?$", path) for path in files_kept(site)
    )


def test_u35_a_file_named_dot_dot_is_refused_in_words(site):
    refused(api(site, ("..", photo(64, 48))), 400, "no_image")


def known(site, owner):
    """Headers of somebody whom the site knows, by key and by session."""
    cookie = f"Cookie: sessionid={owner.cookies['sessionid']}"
    return f"Authorization: {site.bearer['Authorization']}", cookie


def stream(size, name="huge.jpg"):
    yield wire.file_head(name)
    yield from [BLOCK] * (size // len(BLOCK))


@pytest.mark.parametrize("path", ["/api/descriptions", "/images/", "/"])
@pytest.mark.parametrize("how", ["honest", "chunked"])
def test_u60_a_file_over_the_limit_is_refused_while_it_comes(site, owner, how, path):
    length = f"Content-Length: {240 * MIB}" if how == "honest" else "Transfer-Encoding: chunked"
    pieces = stream(240 * MIB) if how == "honest" else map(wire.chunk, stream(240 * MIB))
    with wire.connected(site) as connection:
        connection.sendall(wire.form(f"POST {path}", length, *known(site, owner)))
        assert wire.sent(connection, pieces) < 200 * MIB, "it was cut off, as soon as the machine came to it"
        answer = wire.received(connection)
    assert answer.status == 413
    assert "huge.jpg is larger than 50.0" in answer.text
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-frame-options"] == "DENY"
    if path != "/":
        assert (answer.error["code"], answer.error["param"]) == ("image_too_large", "image")


def test_u60_a_client_that_only_reads_at_its_end_is_told_as_well(site):
    assert "huge.jpg" in refused(api(site, ("huge.jpg", bytes(51 * MIB))), 413, "image_too_large")


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "DELETE"])
def test_u60_more_than_a_request_may_hold_is_refused_unread_whatever_the_method(site, method):
    request = wire.head(f"{method} /api/descriptions", f"Content-Length: {251 * MIB}", "Expect: 100-continue")
    answer = wire.exchange(site, request)
    assert answer.status == 413
    assert method == "HEAD" or answer.error["code"] == "request_too_large"


def test_u60_many_small_files_that_are_too_much_together_are_refused(site, owner):
    pieces = (piece for _ in range(12) for piece in (*stream(30 * MIB), b"\r\n"))
    with wire.connected(site) as connection:
        connection.sendall(
            wire.form("POST /api/descriptions", "Transfer-Encoding: chunked", *known(site, owner))
        )
        assert wire.sent(connection, map(wire.chunk, pieces)) < 355 * MIB, "all of it are 360"
        answer = wire.received(connection)
    assert (answer.status, answer.error["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("lie", [0.5, 2])
def test_u60_a_lying_content_length_is_no_way_in(site, lie):
    before = newest(site)
    body = b"".join([wire.file_head("a.jpg"), photo(64, 48), b"\r\n", wire.field("question", "?"), wire.END])
    length = f"Content-Length: {int(len(body) * lie)}"
    key = f"Authorization: {site.bearer['Authorization']}"
    answer = wire.exchange(site, wire.form("POST /api/descriptions", length, key) + body)
    assert answer.status == (400 if lie < 1 else 408)
    assert newest(site) == before


def test_u61_several_pictures_are_kept_in_their_order(site, owner):
    names = ["c.jpg", "a.jpg", "b.jpg"]
    files = [(name, photo(50 + number, 40)) for number, name in enumerate(names)]
    assert [image["name"] for image in api(site, *files).json()["images"]] == names
    post(site, owner, "/", data={"question": "Each?"}, files=[("image", file) for file in files])
    asked = [site.description(number) for number in newest(site)[:3]]
    assert [one["images"][0]["name"] for one in reversed(asked)] == names


@pytest.mark.parametrize("count", [21, 130, 2100])
def test_u62_too_many_pictures_are_refused_in_json_and_on_the_page(site, owner, count):
    many = [("a.jpg", photo(16, 16))] * count
    refused(api(site, *many), 400, "too_many_images")
    asked = {"question": "All?", "together": "all"}
    page = post(site, owner, "/", data=asked, files=[("image", file) for file in many])
    assert page.status_code == 400
    assert count > 2000 or (len(tray(page.text)), "At most 20" in page.text) == (20, True)


def test_u63_the_same_bytes_are_one_image_of_one_owner_and_say_nothing_to_another(site):
    picture = photo(111, 77)
    made = [api(site, ("once.jpg", picture), who=who).json() for who in ("admin", "admin", "eve")]
    first, again, another = (one["images"][0] for one in made)
    assert first["id"] == again["id"] != another["id"]
    assert [path for path in files_kept(site) if first["sha256"] in path and "originals" in path][2:] == []
    assert another.keys() == first.keys() and another["notes"] == first["notes"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_u64_an_upload_cut_midway_leaves_nothing(site, owner, share):
    before = files_kept(site), newest(site)
    body = b"".join([wire.file_head("cut.jpg"), photo(64, 48), bytes(5 * MIB), b"\r\n", wire.END])
    with wire.connected(site) as connection:
        connection.sendall(
            wire.form("POST /api/descriptions", f"Content-Length: {len(body)}", *known(site, owner))
        )
        connection.sendall(body[: int(len(body) * share)])
    assert requests.get(f"{site.url}/readyz", timeout=10).ok
    assert (files_kept(site), newest(site)) == before
    until(lambda: left_over(site) == [], "no temporary file is left")
    assert not [line for line in site.log if "Traceback" in line or "ResourceWarning" in line]


def test_p25_u64_whoever_leaves_before_the_answer_has_asked_all_the_same(site):
    key = f"Authorization: {site.bearer['Authorization']}"
    for number in range(8):
        question = wire.field("question", f"Gone {number}?")
        body = b"".join([wire.file_head("a.jpg"), photo(900, 700 + number), b"\r\n", question, wire.END])
        with wire.connected(site) as connection:
            connection.sendall(wire.form("POST /api/descriptions", key, f"Content-Length: {len(body)}"))
            connection.sendall(body)
            threading.Event().wait(number / 100)
    asked = until(
        lambda: [n for n in newest(site) if "Gone 7" in site.description(n)["question"]], "it is asked"
    )
    assert site.finished(asked[0])["status"] == "done"
    until(lambda: left_over(site) == [], "no temporary file is left")
    assert not [line for line in site.log if "Traceback" in line], "".join(site.log)


def test_u65_silence_ends_an_upload_and_holds_up_neither_pages_nor_memory(site, owner):
    connections, before = [wire.connected(site) for _ in range(20)], megabytes(site)
    head = wire.form("POST /api/descriptions", f"Content-Length: {5 * MIB}", *known(site, owner))
    begun = head + wire.file_head("slow.jpg")
    for connection in connections:
        connection.sendall(begun + bytes(2 * MIB))
    began = time.monotonic()
    for path in ("/", "/history/"):
        assert owner.get(site.url + path, timeout=5).ok
    assert time.monotonic() - began < SILENCE
    assert megabytes(site) - before < 20
    answers = [wire.received(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert {(answer.status, answer.error["code"]) for answer in answers} == {(408, "request_timeout")}


def test_u65_a_slow_upload_is_accepted_as_long_as_bytes_come(site):
    body = b"".join([wire.file_head("slow.jpg"), photo(640, 480), b"\r\n", wire.field("question", "Slow?"), wire.END])  # fmt: skip
    key = f"Authorization: {site.bearer['Authorization']}"
    pause = threading.Event()
    with wire.connected(site) as connection:
        connection.sendall(wire.form("POST /api/descriptions", key, f"Content-Length: {len(body)}"))
        step = len(body) // 5 + 1
        for start in range(0, len(body), step):
            connection.sendall(body[start : start + step])
            pause.wait(SILENCE / 3)
        assert wire.received(connection).status == 202


def test_u66_one_bad_among_good_makes_nothing_for_scripts(site):
    before = files_kept(site), newest(site)
    files = ("good.jpg", photo(71, 48)), ("bad.jpg", b"nothing")
    assert "bad.jpg" in refused(api(site, *files), 415, "image_format")
    assert (files_kept(site), newest(site)) == before


def test_u66_on_the_page_the_good_ones_stay_in_the_tray(site, owner):
    files = [("image", ("good.jpg", photo(72, 48))), ("image", ("bad.jpg", b"nothing"))]
    page = post(site, owner, "/", data={"question": "Both?"}, files=files)
    assert page.status_code == 415
    assert tray(page.text) == ["good.jpg"]
    assert "bad.jpg" in page.text


def test_u67_what_is_missing_is_said_and_the_rest_stays(site, owner):
    page = post(site, owner, "/", data={"question": "Where is it?", "image": "no file"})
    assert page.status_code == 400
    assert "Where is it?" in page.text and "Add a picture" in page.text
    page = post(site, owner, "/", data={"question": " "}, files={"image": ("kept.jpg", photo(64, 48))})
    assert page.status_code == 400
    assert tray(page.text) == ["kept.jpg"] and "Write a question" in page.text
    refused(api(site), 400, "no_image")
    refused(api(site, image="text"), 400, "no_image")
    refused(api(site, ("a.jpg", photo(64, 48)), question=""), 400, "missing_required_parameter")


def test_u68_a_form_sent_again_after_its_answer_was_lost_is_one_ask(site, owner):
    secret = token(owner.get(f"{site.url}/", timeout=10).text)
    fields = {"question": "Lost?", "token": secret, "csrfmiddlewaretoken": owner.cookies["csrftoken"]}
    picture = {"image": ("lost.jpg", photo(81, 60))}
    ready = requests.Request(
        "POST", f"{site.url}/", data=fields, files=picture, cookies=owner.cookies
    ).prepare()
    with wire.connected(site) as connection:
        line = f"POST {ready.path_url} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        lines = "".join(f"{name}: {value}\r\n" for name, value in ready.headers.items())
        connection.sendall(f"{line}{lines}\r\n".encode() + ready.body)
        until(lambda: "Lost?" in site.description(newest(site)[0])["question"], "the ask is there")
    post(site, owner, "/", data=fields, files=picture)
    assert [site.description(number)["question"] for number in newest(site)[:2]].count("Lost?") == 1


def test_u68_the_same_key_sent_by_sixteen_at_once_gives_one_ask(site):
    def send(_):
        return api(site, ("once.jpg", photo(80, 60)), headers={"Idempotency-Key": "only-once"})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


def heaviest():
    """Four kinds that need the most memory of all that is allowed, each twice and of 50 MiB."""
    kinds = [
        saved(scene(64, 48).resize((11_500, 9_000)), "JPEG", quality=20, progressive=True),
        saved(scene(64, 48).resize((5_200, 4_900)), "WEBP", quality=10, method=0),
        bare_png(10_000, 7_900, 8, 2, bytes(30_001 * 7_900)),
        saved(scene(64, 48).convert("L").resize((16_320, 12_240)), "JPEG", quality=20),
    ]
    return [kind + bytes([mark]) * (50 * MIB - len(kind)) for mark in (1, 2) for kind in kinds]


def test_u70_eight_of_the_heaviest_at_once_are_answered_within_700_mib(site):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: api(site, ("heavy", data)), heaviest()))
    assert [answer.status_code for answer in answers] == [202] * 8, [answer.text[:200] for answer in answers]
    for answer in answers:
        assert site.finished(answer.json()["id"], 60)["status"] == "done"
    assert megabytes(site, "VmHWM") < 700
