"""Uploads as networks and people really send them, over the site's own socket."""

import io
import socket
import struct
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.images.pictures import avif, bare_png, exif, frames, heic, photo, png, saved, scene, webp
from tests.site import Site, until

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("outside")]
MIB = 2**20
SILENCE = 2


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("uploads"), UPLOAD_SILENCE_SECONDS=str(SILENCE)) as started:
        assert started.bearer
        yield started


def post(site, *files, **fields):
    return site.session.post(
        f"{site.url}/api/descriptions",
        headers=site.bearer,
        files=[("image", file) for file in files],
        data={"question": "What is it?"} | fields,
        timeout=60,
    )


def refused(response, status, code):
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error["message"]


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


TAKEN = {
    "baseline.jpg": lambda: photo(64, 48),
    "progressive.jpg": lambda: photo(64, 48, progressive=True),
    "grey.jpg": lambda: saved(scene(64, 48).convert("L"), "JPEG"),
    "cmyk.jpg": lambda: saved(scene(64, 48).convert("CMYK"), "JPEG"),
    "turned.jpg": lambda: photo(64, 48, exif=exif(6)),
    "one bit.png": lambda: png(64, 48, "1"),
    "palette.png": lambda: png(64, 48, "P"),
    "alpha.png": lambda: png(64, 48, "RGBA"),
    "deep.png": lambda: png(64, 48, "I;16"),
    "lossy.webp": lambda: webp(64, 48),
    "moving.gif": lambda: frames(3, "GIF"),
    "pages.tiff": lambda: frames(3, "TIFF"),
    "phone.heic": lambda: heic(64, 48),
    "new.avif": lambda: avif(64, 48),
    "old.bmp": lambda: saved(scene(64, 48), "BMP"),
    "dot.png": lambda: png(1, 1),
    "thread.png": lambda: png(1, 3000),
    "wrong.heic": lambda: png(64, 48),
    "NO EXTENSION": lambda: photo(64, 48),
    "图片 🏔 й.jpg": lambda: photo(64, 48),
}
REFUSED = {
    "empty.jpg": (lambda: b"", 400, "image_empty"),
    "page.jpg": (lambda: b"<!doctype html><p>hello", 415, "image_format"),
    "archive.jpg": (zipped, 415, "image_format"),
    "drawing.svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "image_format"),
    "paper.pdf": (lambda: b"%PDF-1.7\n", 415, "image_format"),
    "script.eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "image_format"),
    "icon.ico": (lambda: saved(scene(32, 32), "ICO"), 415, "image_format"),
    "half.jpg": (lambda: photo(640, 480)[:20_000], 400, "image_damaged"),
    "half.png": (lambda: png(640, 480)[:3_000], 400, "image_damaged"),
    "half.heic": (lambda: heic(640, 480)[:3_000], 400, "image_damaged"),
    "bomb.png": (
        lambda: bare_png(20_000, 20_000, 1, 0, zlib.compress(b"\0" * 1000)),
        413,
        "image_too_many_pixels",
    ),
    "raw.dng": (
        lambda: (
            b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHI4B", 50706, 1, 4, 1, 4, 0, 0) + b"\0" * 4
        ),
        415,
        "image_raw",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_kind_of_picture_is_accepted_and_answered(site, name):
    response = post(site, (name, TAKEN[name]()))
    assert response.status_code == 202, response.text
    described = site.finished(response.json()["id"])
    assert described["status"] == "done"
    assert described["images"][0]["name"] == name


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_refused_with_its_name_and_what_to_do(site, name):
    make, status, code = REFUSED[name]
    message = refused(post(site, (name, make())), status, code)
    assert name in message
    assert "cannot identify" not in message


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("..\\..\\x.jpg", "x.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
    ],
)
def test_u34_to_u36_a_name_is_a_label_and_no_path(site, sent, kept):
    assert post(site, (sent, photo(64, 48))).json()["images"][0]["name"] == kept


def test_u61_several_pictures_are_kept_in_their_order(site):
    names = ["c.jpg", "a.jpg", "b.jpg"]
    response = post(site, *[(name, photo(50 + number, 40)) for number, name in enumerate(names)])
    assert [image["name"] for image in response.json()["images"]] == names


@pytest.mark.parametrize("count", [21, 130])
def test_u62_too_many_pictures_are_refused_in_json(site, count):
    refused(post(site, *[("a.jpg", photo(16, 16))] * count), 400, "too_many_images")


def test_u66_one_bad_among_good_makes_nothing(site):
    before = listed(site)
    assert "bad.jpg" in refused(
        post(site, ("good.jpg", photo(64, 48)), ("bad.jpg", b"nothing")), 415, "image_format"
    )
    assert listed(site) == before


def listed(site):
    answer = site.session.get(f"{site.url}/api/descriptions", headers=site.bearer, timeout=30).json()
    return [one["id"] for one in answer["items"]]


def test_u68_the_same_key_sent_by_sixteen_at_once_gives_one_ask(site):
    picture = photo(80, 60)

    def send(_):
        return site.ask(picture, question="Once?", headers={"Idempotency-Key": "only-once"})["id"]

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(send, range(16)))) == 1


def head(site, length, boundary="b"):
    lines = [
        "POST /api/descriptions HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: {site.bearer['Authorization']}",
        f"Content-Type: multipart/form-data; boundary={boundary}",
        length,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def part(name, boundary="b"):
    return f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode()


def connected(site):
    host, port = site.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def reply(connection):
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces).decode("utf-8", "replace")


def send_on(connection, piece, most):
    """Send until the other side has had enough; answers how many bytes it took."""
    sent = 0
    try:
        while sent < most:
            connection.sendall(piece)
            sent += len(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return sent


@pytest.mark.parametrize("how", ["chunked", "honest"])
def test_u60_a_file_over_the_limit_is_refused_while_it_comes(site, how):
    with connected(site) as connection:
        begin = part("huge.jpg")
        whole = 51 * MIB
        if how == "honest":
            connection.sendall(head(site, f"Content-Length: {len(begin) + whole}") + begin)
            send_on(connection, b"x" * 65536, whole)
        else:
            connection.sendall(head(site, "Transfer-Encoding: chunked") + chunk(begin))
            sent = send_on(connection, chunk(b"x" * 65536), 120 * MIB)
            assert sent < 80 * MIB
        answer = reply(connection)
    assert answer.startswith("HTTP/1.1 413")
    assert "image_too_large" in answer
    assert "huge.jpg is larger than 50" in answer
    lower = answer.lower()
    for header in (
        "connection: close",
        "x-content-type-options: nosniff",
        "content-security-policy",
        "x-frame-options",
    ):
        assert header in lower


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def test_more_than_a_request_may_hold_is_refused_unread(site):
    with connected(site) as connection:
        connection.sendall(head(site, f"Content-Length: {400 * MIB}"))
        answer = reply(connection)
    assert answer.startswith("HTTP/1.1 413")
    assert "request_too_large" in answer


def test_u64_an_upload_cut_midway_leaves_nothing(site):
    files = {path for path in site.data.rglob("*") if "media" in path.parts}
    for _ in range(3):
        with connected(site) as connection:
            connection.sendall(head(site, f"Content-Length: {5 * MIB}") + part("cut.jpg") + b"x" * MIB)
    assert site.ask(photo(64, 48))["id"]
    assert not [line for line in site.log if "Traceback" in line]
    left = {path for path in site.data.rglob("*") if "media" in path.parts} - files
    assert not [path for path in left if path.is_file() and path.stat().st_size > MIB // 2]


def test_u65_silence_ends_an_upload_and_holds_up_no_page(site):
    connections = [connected(site) for _ in range(10)]
    for connection in connections:
        connection.sendall(head(site, f"Content-Length: {5 * MIB}") + part("slow.jpg") + b"x" * 1000)
    began = time.monotonic()
    assert requests.get(f"{site.url}/healthz", timeout=5).ok
    assert time.monotonic() - began < SILENCE
    answers = [reply(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert all(answer.startswith("HTTP/1.1 408") for answer in answers)


def test_u65_a_slow_upload_is_accepted_as_long_as_bytes_come(site):
    data = photo(640, 480)
    body = (
        part("slow.jpg")
        + data
        + b'\r\n--b\r\nContent-Disposition: form-data; name="question"\r\n\r\nSlow?\r\n--b--\r\n'
    )
    pause = threading.Event()
    with connected(site) as connection:
        connection.sendall(head(site, f"Content-Length: {len(body)}\r\nConnection: close"))
        step = len(body) // 5 + 1
        for start in range(0, len(body), step):
            connection.sendall(body[start : start + step])
            pause.wait(SILENCE / 4)
        assert reply(connection).startswith("HTTP/1.1 202")


def test_u70_eight_of_the_heaviest_at_once_are_answered_within_700_mib(site, tmp_path):
    heavy = [saved(scene(900, 600, 1).resize((8000, 6000)), "JPEG", progressive=True, quality=60)]
    heavy += [
        saved(scene(480, 480).resize((4800, 4800)), "WEBP"),
        saved(scene(600, 500).resize((6000, 5000), 0), "PNG"),
        saved(scene(64, 48).resize((16000, 12000)), "JPEG", quality=20),
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: post(site, ("heavy", data)), heavy * 2))
    assert [answer.status_code for answer in answers] == [202] * 8, [answer.text[:200] for answer in answers]
    until(
        lambda: all(site.description(a.json()["id"])["status"] == "done" for a in answers), "all are done", 60
    )
    lines = Path(f"/proc/{site.process.pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    assert peak / 1024 < 700
