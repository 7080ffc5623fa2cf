"""A bucket as callers see it: files, FileNotFoundError for what is gone, StorageAway for all else that goes wrong."""

import io
import socketserver
import threading
import time
import tracemalloc
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.engine.submit import Refusal, keep_image
from describer.images import Recipe
from describer.images.encode import copy_of
from describer.media.s3 import Bucket
from describer.media.storage import StorageAway, storage_problem, sweep_files, sweep_images
from describer.models import Image, SentCopy
from tests.images.pictures import photo
from tests.servers import S3Server, free_port
from tests.site import Site

pytestmark = pytest.mark.slow

MIB = 2**20


class Impatient(Bucket):
    """Waits for a tenth of a second where a site waits for many."""

    read_seconds = 0.1
    attempts = 1


def bucket(endpoint, name="pictures", kind=Bucket):
    keys = {"access_key": "a", "secret_key": "b", "region_name": "us-east-1"}
    return kind(bucket_name=name, endpoint_url=endpoint, addressing_style="path", **keys)


@pytest.fixture(scope="module")
def server():
    with S3Server() as started:
        yield started


@pytest.fixture
def in_bucket(server, settings):
    """The site's storage is a bucket, in a folder of the test's own."""
    options = {"bucket_name": "pictures", "endpoint_url": server.url, "addressing_style": "path"}
    options |= {"access_key": "a", "secret_key": "b", "region_name": "us-east-1", "location": "site"}
    chosen = {"BACKEND": "describer.media.s3.Bucket", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": chosen}
    yield
    for key in server.names():
        server.client.delete_object(Bucket="pictures", Key=key)


@contextmanager
def answering(reply, hold=False):
    """A server that answers every request with these bytes, then closes, or says nothing more; yields its address."""
    ended = threading.Event()

    class Answer(socketserver.StreamRequestHandler):
        def handle(self):
            self.connection.recv(65536)
            for part in reply:
                self.wfile.write(part)
            if hold:
                ended.wait(10)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            ended.set()
            server.shutdown()


def test_what_was_saved_is_read_under_its_very_name_and_gone_when_deleted(server):
    storage = bucket(server.url)
    assert storage.save("sent/ab/one.jpg", ContentFile(b"bytes")) == "sent/ab/one.jpg"
    with storage.open("sent/ab/one.jpg") as file:
        assert (file.size, file.read()) == (5, b"bytes")
    assert storage.exists("sent/ab/one.jpg")
    storage.delete("sent/ab/one.jpg")
    assert not storage.exists("sent/ab/one.jpg")
    with pytest.raises(FileNotFoundError):
        storage.open("sent/ab/one.jpg")


def test_a_file_of_many_parts_comes_back_whole(server):
    storage = bucket(server.url)
    content = b"0123456789abcdef" * MIB
    storage.save("originals/ab/large", ContentFile(content))
    with storage.open("originals/ab/large") as file:
        assert file.read() == content
    storage.delete("originals/ab/large")


def test_nothing_has_an_address_of_its_own(server):
    with pytest.raises(ValueError, match="not accessible"):
        bucket(server.url).url("sent/ab/one.jpg")


def test_a_bucket_that_is_not_there_is_no_missing_file(server):
    with pytest.raises(StorageAway):
        bucket(server.url, "elsewhere").open("sent/ab/one.jpg")


REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"


@pytest.mark.parametrize(
    ("reply", "hold"),
    [(REFUSED, False), (BROKEN, False), (CUT, False), (CUT, True), (b"", False), (b"", True)],
)
def test_whatever_else_goes_wrong_is_a_storage_that_is_away(reply, hold):
    with answering([reply], hold) as address:
        storage = bucket(address, kind=Impatient)
        began = time.monotonic()
        with pytest.raises(StorageAway):
            storage.open("sent/ab/one.jpg")
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "verb",
    [
        lambda storage: storage.open("a"),
        lambda storage: storage.save("a", ContentFile(b"bytes")),
        lambda storage: storage.delete("a"),
        lambda storage: storage.exists("a"),
        lambda storage: storage.size("a"),
        lambda storage: storage.written_between("a", timezone.now(), timezone.now()),
    ],
)
def test_no_verb_lets_an_error_of_botos_out(verb):
    with pytest.raises(StorageAway):
        verb(bucket(f"http://127.0.0.1:{free_port()}", kind=Impatient))


def test_a_large_file_is_not_held_in_memory():
    size = 48 * MIB
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()
    block = bytes(MIB)
    with answering([head, *[block] * 48]) as address:
        storage = bucket(address)
        assert storage.connection
        tracemalloc.start()
        try:
            with storage.open("originals/ab/large") as file:
                assert file.size == size
            assert tracemalloc.get_traced_memory()[1] < 8 * MIB
        finally:
            tracemalloc.stop()


def test_files_without_a_row_go_after_an_hour_and_no_others(in_bucket, alice, settings, server):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    left_over = f"originals/{image.sha256[:2]}/left-over"
    default_storage.save(left_over, ContentFile(b"half a picture"))
    parts = [image.sha256[:2], "zz"]
    assert sweep_files(parts) == 0
    settings.ORPHAN_KEEP_SECONDS = -1
    assert sweep_files(parts) == 1
    assert sorted(server.names()) == sorted(f"site/{name}" for name in image.files)


def test_an_image_that_nothing_shows_goes_with_its_files(in_bucket, alice, server):
    keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    Image.objects.update(last_given=timezone.now() - timedelta(hours=25))
    assert sweep_images() == 1
    assert server.names() == []


def test_a_second_copy_of_a_picture_does_not_replace_the_first(in_bucket, alice):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    kept = SentCopy.objects.get()
    with default_storage.open(kept.file) as file:
        data = file.read()
    assert image.stem in kept.file
    other = SentCopy.keep(image, Recipe(long_side=32), copy_of(b"other", "JPEG", (32, 24)))
    assert other.file != kept.file
    with default_storage.open(kept.file) as file:
        assert file.read() == data


def test_an_upload_while_the_bucket_is_away_leaves_no_row(in_bucket, alice, server):
    server.stop()
    try:
        with pytest.raises(Refusal) as caught:
            keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    finally:
        server.start()
    assert (caught.value.status, caught.value.code) == (503, "storage_away")
    assert not Image.objects.exists()


def test_what_is_wrong_with_the_storage_is_said_in_words(in_bucket, server):
    assert storage_problem() == ""
    server.stop()
    try:
        assert storage_problem() == "cannot be reached"
    finally:
        server.start()


@pytest.mark.process
def test_without_a_bucket_nothing_of_boto_is_loaded(tmp_path):
    script = "import sys, vision_site.asgi, describer.tasks; print([name for name in sys.modules if 'boto' in name])"
    assert Site(tmp_path).manage("shell", "-c", script).splitlines()[-1] == "[]"
