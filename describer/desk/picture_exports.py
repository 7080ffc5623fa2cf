"""Exports with pictures: a page of all that a list holds, and a ZIP of pictures and answers beside each other.

Pictures are the copies that models were sent: upright, without metadata, and what the answers are about.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import prefetch_related_objects
from django.template.loader import render_to_string
from django.utils import timezone

from describer.desk.exports import LINES, TABLE, ExportKind, Pieces
from describer.desk.single_page import answer_text, copy_of, data_url, pictures_for_others, shown_words
from describer.images import clean_name
from describer.lib.zip_stream import ZipStream
from describer.models import Description, DescriptionImage, SentCopy
from describer.models.description_image import with_pictures

_CHUNK = 64 * 1024
_NO_LETTERS = re.compile(r"[^\w.() -]+")  # what some system takes for more than a name
_NAME_CHARACTERS = 80
_GONE = "The file of this picture is gone.\n"


def _page(pieces: Pieces) -> Iterator[bytes]:
    """Write one page of all of them, with their pictures inside."""
    begin, _, end = render_to_string("export.html", {"mark": "\0"}).partition("\0")
    yield begin.encode()
    for piece in pieces:
        _know_pictures(piece)
        for row in piece:
            pictures = [(shown, data_url(copy_of(shown))) for shown in pictures_for_others(row)]
            context = shown_words(row) | {"pictures": pictures}
            yield render_to_string("_exported.html", context).encode(errors="replace")
    yield end.encode()


def _zip(pieces: Pieces) -> Iterator[bytes]:
    """Write each picture, and beside it the answer that counts as a text of the same name."""
    with closing(ZipStream()) as archive:
        for piece in pieces:
            _know_pictures(piece)
            for row in piece:
                yield from _files_of(row, archive)
        yield from archive.end()


def _files_of(row: Description, archive: ZipStream) -> Iterator[bytes]:
    written = timezone.localtime(row.finished or row.created)
    stem = str(row.pk)
    for number, shown in enumerate(pictures_for_others(row)):
        name = _file_name(row, shown, number)
        if number == 0:
            stem = name.rpartition(".")[0]
        yield from _picture_file(copy_of(shown), name, written, archive)
    text = answer_text(row)
    if text:
        yield from archive.add(f"{stem}.txt", [text.encode(errors="replace")], written, is_text=True)


def _picture_file(copy: SentCopy | None, name: str, written: datetime, archive: ZipStream) -> Iterator[bytes]:
    """Write a picture; of one whose file is gone, a text that says so."""
    try:
        if copy is None:
            raise FileNotFoundError(name)
        file = default_storage.open(copy.file)
        first = file.read(_CHUNK)
    except OSError:
        yield from archive.add(f"{name}.gone.txt", [_GONE.encode()], written, is_text=True)
        return
    with file:
        yield from archive.add(name, _chunks_of(first, file), written)


def _chunks_of(first: bytes, file: "File[bytes]") -> Iterator[bytes]:
    yield first
    while part := file.read(_CHUNK):
        yield part


def _file_name(row: Description, shown: DescriptionImage, number: int) -> str:
    """Return a name that no other file of the archive has, on whatever system it is unpacked."""
    copy = copy_of(shown)
    end = ".jpg"
    if copy is not None and copy.media_type == "image/png":
        end = ".png"
    name = clean_name(shown.name, "picture")
    stem = name.rpartition(".")[0] or name
    stem = _NO_LETTERS.sub("_", stem)[:_NAME_CHARACTERS].strip(" .") or "picture"
    parts = [str(row.pk), stem]
    if number:
        parts.insert(1, str(number + 1))
    return "-".join(parts) + end


def _know_pictures(rows: Sequence[Description]) -> None:
    """Look up the pictures and sent copies of all rows of a piece at once."""
    shown = DescriptionImage.objects.select_related("image", "sent_copy")
    prefetch_related_objects(rows, with_pictures(shown))


PAGE_OF_ALL = ExportKind("html", "text/html; charset=utf-8", _page)
ZIP = ExportKind("zip", "application/zip", _zip)
KINDS = {kind.name: kind for kind in (LINES, TABLE, PAGE_OF_ALL, ZIP)}
