"""Uploaded files become images: once per owner, with files before rows, and nothing left over."""

import io
import os
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from describer.engine.submit import Ask, AskImage, Refusal, keep_image, keep_images, submit
from describer.media.storage import sweep_files, sweep_images
from describer.models import Image, SentCopy
from tests.images.pictures import photo

pytestmark = pytest.mark.usefixtures("sandbox")
PICTURE = photo(64, 48)


def kept(owner, data=PICTURE):
    return keep_image(owner, io.BytesIO(data), "boat.jpg")


def stored(folder):
    if not default_storage.exists(folder):
        return []
    return [
        name
        for part in default_storage.listdir(folder)[0]
        for name in default_storage.listdir(f"{folder}/{part}")[1]
    ]


def test_u63_the_same_bytes_of_one_owner_are_one_image_and_one_file(alice):
    assert kept(alice).pk == kept(alice).pk
    assert len(stored("originals")) == 1


def test_u63_another_owner_has_an_image_and_a_file_of_his_own(alice, bob):
    assert kept(alice).pk != kept(bob).pk
    assert len(stored("originals")) == 2


def test_an_image_comes_with_thumbnail_and_sent_copy(alice):
    image = kept(alice)
    assert default_storage.exists(image.thumbnail)
    copy = SentCopy.objects.get(image=image)
    assert (copy.width, copy.height) == (64, 48)
    assert default_storage.size(copy.file) == copy.bytes


def test_p23_an_image_whose_file_is_gone_is_stored_anew(alice):
    image = kept(alice)
    default_storage.delete(image.original)
    again = kept(alice)
    assert again.pk == image.pk
    assert default_storage.exists(again.original)


def test_u41_what_is_no_picture_leaves_nothing(alice):
    with pytest.raises(Refusal) as caught:
        keep_image(alice, io.BytesIO(b"<html>"), "page.jpg")
    assert (caught.value.status, caught.value.code) == (415, "image_format")
    assert "page.jpg" in caught.value.message
    assert not Image.objects.exists()
    assert not stored("originals")


def test_u66_one_bad_file_among_good_leaves_nothing_of_what_was_new(alice):
    known = kept(alice)
    files = [
        (io.BytesIO(data), name)
        for data, name in ((PICTURE, "a"), (photo(50, 50), "b"), (b"no picture", "c"))
    ]
    with pytest.raises(Refusal):
        keep_images(alice, files)
    assert [image.pk for image in Image.objects.all()] == [known.pk]
    assert len(stored("originals")) == len(stored("sent")) == 1


def test_p01_images_that_nothing_shows_go_after_a_day_with_their_files(alice, bob):
    day_ago = timezone.now() - timedelta(hours=25)
    old, shown = kept(alice), kept(bob)
    submit(Ask(owner=bob, question="What is it?", pictures=[AskImage(shown, "boat.jpg")]))
    Image.objects.update(last_given=day_ago)
    fresh = keep_image(alice, io.BytesIO(photo(50, 50)), "new.jpg")
    assert sweep_images() == 1
    assert set(Image.objects.values_list("pk", flat=True)) == {shown.pk, fresh.pk}
    assert not default_storage.exists(old.original)
    assert default_storage.exists(shown.original)


def test_p01_files_without_a_row_go_after_an_hour(alice, settings):
    kept(alice)
    default_storage.save("originals/ab/left-over", io.BytesIO(b"half a picture"))
    assert sweep_files() == 0
    settings.ORPHAN_KEEP_SECONDS = -1
    assert sweep_files() == 1
    assert len(stored("originals")) == 1


def test_p01_files_older_than_the_database_are_left_alone(alice, settings):
    default_storage.save("originals/ab/of-another-site", io.BytesIO(b"a picture"))
    os.utime(default_storage.path("originals/ab/of-another-site"), (1, 1))
    settings.ORPHAN_KEEP_SECONDS = -1
    assert sweep_files() == 0
