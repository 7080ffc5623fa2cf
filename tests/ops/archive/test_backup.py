"""A backup is whole and says what it holds, or it is not there; what is broken is found before anything is written."""

import gzip
import io
import json
import random
import resource
import tarfile
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from describer.models import Attempt, Choice, Description, Image
from describer.ops.archive import ArchiveError, backup, checked, restore
from describer.ops.archive.checking import compare_hashes
from describer.ops.archive.manifest import Manifest
from describer.ops.archive.packing import PART_BYTES, Lines, Pack
from describer.ops.archive.rows import LEFT_OUT, MODELS, Reader, fields_of
from tests.ops.archive.conftest import all_files, all_rows

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)
ROWS = st.fixed_dictionaries(
    {
        "id": st.integers(1, 2**62),
        "sent": st.datetimes(timezones=st.just(UTC)),
        "answered": st.none() | st.datetimes(timezones=st.just(UTC)),
        "error_message": TEXT,
        "raw_usage": JSON,
        "total_tokens": st.none() | st.integers(0, 2**63 - 1),
        "cost": st.none() | st.decimals(0, 10**9, places=10),
    }
)


@pytest.mark.slow
@given(ROWS)
def test_any_row_comes_back_as_it_went(values):
    row = {field.attname: field.get_default() for field in Attempt._meta.concrete_fields}
    row |= {"description": 1, "number": 1, **values}
    line = json.loads(json.dumps(row, default=str))
    (made,) = Reader(Attempt)([line])
    assert {name: getattr(made, name) for name in values} == values


def test_fa10_html_of_answers_is_in_no_backup_and_believed_of_none():
    row = {field.attname: field.get_default() for field in fields_of(Choice)}
    row |= {"id": 1, "description_id": 1, "index": 0, "content": "Boats."}
    row |= {"rendered_page": {"html": "<script>"}}
    (made,) = Reader(Choice)([row])
    assert (made.content, made.rendered_page) == ("Boats.", None)
    assert not {"rendered_lead", "rendered_page"} & {field.attname for field in fields_of(Choice)}


def test_every_model_is_in_a_backup_or_left_out_with_a_reason():
    found = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    assert found == {*MODELS, *LEFT_OUT}


def test_it_says_what_it_holds(site, tmp_path):
    out, path = StringIO(), tmp_path / "site.tar"
    call_command("backup", str(path), stdout=out, stderr=StringIO())
    assert f"{path} is whole: 2 people, 5 descriptions, 3 attempts of 2,568 tokens" in out.getvalue()
    manifest = checked(path)
    assert manifest.rows["describer.attempt"] == Attempt.objects.count() == manifest.ledger.attempts
    assert Decimal(manifest.ledger.cost) == Decimal("0.0012000001")
    assert manifest.files == len(all_files())
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_archive_is_a_plain_tar_of_json_lines(archive):
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[0] == "describer.json"
    assert names[-2:] == ["manifest.json", "manifest.sha256"]
    assert "rows/describer.attempt/000001.jsonl.gz" in names


def test_a_file_that_is_there_is_left_alone(site, tmp_path):
    path = tmp_path / "taken"
    path.write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(path), stdout=StringIO())
    assert path.read_text() == "mine"


def test_p23_files_that_are_gone_or_changed_are_told_and_do_not_end_it(site, tmp_path):
    image = Image.objects.first()
    default_storage.delete(image.thumbnail)
    default_storage.delete(image.original)
    default_storage.save(image.original, ContentFile(b"something else"))
    err = StringIO()
    call_command("backup", str(tmp_path / "b.tar"), stdout=StringIO(), stderr=err)
    manifest = checked(tmp_path / "b.tar")
    # What tests make holds no true pictures: the copies that models are sent differ from their hashes, too.
    assert (manifest.gone, manifest.changed) == (1, 2 * Image.objects.count())
    assert "1 files were gone" in err.getvalue()
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert "problems/000001.jsonl.gz" in tar.getnames()


@contextmanager
def at_most(size):
    """No file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_is_said_in_words_and_nothing_is_left(site, tmp_path):
    path = tmp_path / "b.tar"
    with at_most(8192), pytest.raises(ArchiveError, match="cannot be written: .*Nothing was left behind"):
        backup(path)
    assert [one.name for one in tmp_path.iterdir() if "b.tar" in one.name] == []


def test_a_picture_that_cannot_be_read_is_named_and_nothing_is_left(site, tmp_path):
    image = Image.objects.first()
    default_storage.delete(image.original)
    Path(default_storage.path(image.original)).mkdir()
    with pytest.raises(ArchiveError, match=f"{image.original} cannot be read: Is a directory"):
        backup(tmp_path / "b.tar")
    assert not list(tmp_path.glob("b.tar*"))


def test_rows_are_written_in_parts_of_a_few_mib(tmp_path):
    # A million of them need no more memory than a thousand: 107 MiB for both, as much as a command that does nothing.
    path = tmp_path / "large.tar"
    with path.open("w+b") as file:
        pack, manifest = Pack(file, "0"), Manifest("0", "none", "2026-01-01T00:00:00+00:00")
        lines = Lines(pack, "rows/describer.choice")
        for number in range(2 * PART_BYTES // 10_000 + 100):
            lines.add({"id": number, "content": "x" * 9980})
        lines.flush()
        pack.finish(manifest)
    assert compare_hashes(path) == manifest
    parts = [data for name, data in read_through(path.read_bytes()) if name.startswith("rows/")]
    assert len(parts) == 3
    assert max(len(gzip.decompress(data)) for data in parts) < PART_BYTES + 20_000


def test_a_folder_that_is_not_there_is_said_in_words(site, tmp_path):
    with pytest.raises(ArchiveError, match="No such file or directory"):
        backup(tmp_path / "none" / "b.tar")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_archive_is_refused(archive, emptied, share):
    data = archive.read_bytes()
    whole = data.rstrip(b"\0")
    archive.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ArchiveError, match="not whole|no archive"):
        checked(archive)


def test_a_flipped_byte_anywhere_is_found_or_means_nothing(archive):
    data, manifest = archive.read_bytes(), checked(archive)
    contents = dict(read_through(data))
    place = random.Random(7)
    for at in [place.randrange(len(data)) for _ in range(150)]:
        flipped = bytearray(data)
        flipped[at] ^= 1 << place.randrange(8)
        archive.write_bytes(flipped)
        try:
            assert checked(archive) == manifest
        except ArchiveError:
            continue
        # Between members there is room that holds nothing.
        assert dict(read_through(bytes(flipped))) == contents


def read_through(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            yield info.name, tar.extractfile(info).read()


def test_a_broken_archive_is_refused_before_anything_is_written(archive, emptied):
    data = bytearray(archive.read_bytes())
    at = data.index(b"not looked at")
    data[at] ^= 1
    archive.write_bytes(data)
    emptied()
    with pytest.raises(ArchiveError, match="is damaged: files/"):
        restore(archive)
    with pytest.raises(CommandError, match="is damaged"):
        call_command("backup", "--check", str(archive), stdout=StringIO())
    assert not any(all_rows().values())
    assert all_files() == {}
    assert not Description.objects.exists()


@pytest.mark.parametrize("what", ["text", "tar", "newer", "missing", "folder"])
def test_what_is_no_archive_of_ours_is_refused_in_words(tmp_path, what):
    path = tmp_path / "odd"
    first = {"archive": "describer", "format": 2, "version": "9.0"}
    if what == "text":
        path.write_text("Dear admin")
    elif what == "folder":
        path.mkdir()
    elif what != "missing":
        with tarfile.open(path, "w") as tar:
            data = json.dumps(first).encode()
            info = tarfile.TarInfo("describer.json" if what == "newer" else "x")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    words = {"newer": r"of format 2.*\(9.0\)", "missing": "No such file", "folder": "Is a directory"}
    with pytest.raises(ArchiveError, match=words.get(what, "no archive of Describer")):
        checked(path)
