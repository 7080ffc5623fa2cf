"""What the machine refuses for a while costs an ask time, and nothing else: only a file that is not there is missing."""

import errno
import io
import os
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.engine.pipeline import run_next
from describer.engine.queue.sweep import wake
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, keep_image, submit
from describer.models import Description, SentCopy, Status
from tests.images.pictures import photo, png
from tests.shortage import no_handles, no_memory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]


@pytest.fixture
def row(alice):
    timezone.localtime()  # a site has read its zone at the start
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    return submit(Ask(owner=alice, question="What is it?", pictures=[AskImage(image, "boat.jpg")]))[0]


def run(row):
    assert run_next()
    return Description.objects.get(pk=row.pk)


def queued_again(row):
    """Make what waits due, as time would."""
    Description.objects.filter(pk=row.pk).update(not_before=row.created)
    assert wake() == 1


def instead_of(path, kind):
    """Put what cannot be opened for a while in the place of a file; root opens whatever rights forbid."""
    os.remove(path)
    if kind == errno.ELOOP:
        os.symlink(path, path)
    if kind == errno.EISDIR:
        os.mkdir(path)
    if kind == errno.ENOTDIR:
        folder = Path(path).parent
        folder.rmdir()
        folder.write_text("")


needs_no_handle = pytest.mark.skipif(
    "postgres" in os.environ.get("TESTS_DATABASE_URL", ""),
    reason="the tests have no pool, and a connection takes a handle",
)


@needs_no_handle
def test_ff04_an_ask_waits_while_no_file_can_be_opened_and_is_answered_afterwards(row, endpoint):
    with no_handles():
        row = run(row)
    assert (row.status, row.tries, row.error_code) == (Status.WAITING, 0, "")
    assert "cannot be reached right now" in row.waiting_reason
    assert not row.attempts().exists()
    queued_again(row)
    assert run(row).status == Status.DONE
    assert len(endpoint.calls) == 1


@pytest.mark.parametrize("kind", [errno.ELOOP, errno.EISDIR, errno.ENOTDIR])
def test_ff04_a_picture_that_cannot_be_opened_is_not_called_missing(row, kind, endpoint):
    shown = row.pictures.get().image
    for name in (shown.original, SentCopy.objects.get().file):
        instead_of(default_storage.path(name), kind)
    row = run(row)
    assert (row.status, row.error_code) == (Status.WAITING, "")
    assert endpoint.calls == []


@needs_no_handle
def test_ff04_a_link_is_fetched_later_when_no_connection_can_be_opened(alice, endpoint):
    row = submit(Ask(owner=alice, question="What?", pictures=[AskLink("http://1.1.1.1/boat.jpg")]))[0]
    with no_handles():
        row = run(row)
    assert (row.status, row.error_code) == (Status.WAITING, "")


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOMEM])
def test_ff04_a_disk_that_cannot_read_is_no_fault_of_the_picture(alice, number):
    class Refusing(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            Refusing.reads += 1
            if Refusing.reads > 3:
                raise OSError(number, os.strerror(number))
            return super().read(size)

    picture = photo(640, 480)
    with pytest.raises(Refusal) as caught:
        keep_image(alice, Refusing(picture), "boat.jpg")
    assert (caught.value.status, caught.value.code) == (503, "storage_away")
    assert caught.value.retry_after


def test_ff04_an_upload_that_cannot_be_stored_now_is_503_in_words(alice):
    with no_handles(), pytest.raises(Refusal) as caught:
        keep_image(alice, io.BytesIO(photo(65, 48)), "boat.jpg")
    assert (caught.value.status, caught.value.code) == (503, "storage_away")
    assert keep_image(alice, io.BytesIO(photo(65, 48)), "boat.jpg").pk


def test_ff05_a_large_picture_is_refused_for_the_time_being_when_memory_is_short(alice):
    keep_image(alice, io.BytesIO(png(64, 48)), "small.png")
    large = io.BytesIO(png(2000, 1500))
    with no_memory(), pytest.raises(Refusal) as caught:
        keep_image(alice, large, "boat.png")
    assert (caught.value.status, caught.value.code) == (503, "memory_short")
    assert caught.value.retry_after
    assert "boat.png is too large for the memory that this site has now" in caught.value.message
    assert "damaged" not in caught.value.message


def test_ff05_an_ask_whose_picture_must_be_made_small_waits_for_memory(alice, asked_endpoint, endpoint):
    image = keep_image(alice, io.BytesIO(png(2000, 1500)), "boat.png")
    row = submit(Ask(owner=alice, question="What is it?", pictures=[AskImage(image, "boat.png")]))[0]
    asked_endpoint.settings["long_side"] = 1000
    asked_endpoint.save()
    with no_memory():
        row = run(row)
    assert (row.status, row.tries, row.error_code) == (Status.WAITING, 0, "")
    assert "memory" in row.waiting_reason
    queued_again(row)
    assert run(row).status == Status.DONE
    assert len(endpoint.calls) == 1
