"""A ZIP as a stream: whole, readable, in memory that does not grow with it."""

import io
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest

from describer.lib.zip_stream import ZipStream

WRITTEN = datetime(2026, 3, 1, 12, 30, 10, tzinfo=UTC)


def archived(files, **how):
    archive = ZipStream()
    data = b"".join(part for name, parts in files for part in archive.add(name, parts, WRITTEN, **how))
    data += b"".join(archive.end())
    archive.close()
    return zipfile.ZipFile(io.BytesIO(data))


@pytest.mark.parametrize("is_text", [True, False])
def test_what_goes_in_comes_out(is_text):
    files = {"1-boat.jpg": [b"x" * 70_000, b"y" * 70_000], "海 é.txt": ["größe".encode()], "none": []}
    archive = archived(files.items(), is_text=is_text)
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        name: b"".join(parts) for name, parts in files.items()
    }
    assert archive.getinfo("1-boat.jpg").date_time == (2026, 3, 1, 12, 30, 10)


def test_it_yields_while_a_file_is_read():
    archive = ZipStream()
    parts = archive.add("a.jpg", (b"x" * 1000 for _ in range(5)), WRITTEN)
    assert len(next(parts)) < 2000
    parts.close()
    archive.close()


def test_a_time_before_the_formats_first_is_the_first():
    archive = ZipStream()
    data = b"".join([*archive.add("a", [b"x"], datetime(1970, 1, 1, tzinfo=UTC)), *archive.end()])
    archive.close()
    assert zipfile.ZipFile(io.BytesIO(data)).getinfo("a").date_time[0] == 1980


def test_d12_ten_thousand_files_take_no_memory_each():
    archive, length = ZipStream(), 0
    tracemalloc.start()
    try:
        for number in range(10_000):
            length += sum(map(len, archive.add(f"{number}-picture.jpg", [b"x"], WRITTEN)))
        length += sum(map(len, archive.end()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        archive.close()
    assert length > 10_000 * 100
    assert peak < 2**21


@pytest.mark.slow
def test_there_may_be_more_files_than_the_formats_old_numbers_count():
    archive = archived((str(number), []) for number in range(2**16 + 1))
    assert len(archive.namelist()) == 2**16 + 1
