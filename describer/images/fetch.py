"""From a link to a picture's bytes in a file, through the guarded client."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import unquote

from describer import __version__
from describer.images import errors
from describer.images.formats import HEAD, PAGE, kind_of
from describer.images.names import clean_name
from describer.lib.deadline import Deadline
from describer.lib.guard import AddressRefused, FetchFailed, GuardedClient, GuardedResponse, Link

_SECONDS = 20.0
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_REFUSES_PROGRAMS = (403, 406, 418, 429, 999)
_IN_MEMORY = 2**18  # of a picture that is being fetched; the rest lies in a file without a name
_HEADERS = {
    "Accept": "image/*,*/*;q=0.1",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class Fetched:
    """What a link led to: a file, read from its start, and the name that the link gives it."""

    file: BinaryIO
    name: str


@contextmanager
def fetched(url: str, client: GuardedClient, *, most: int, seconds: float = _SECONDS) -> Iterator[Fetched]:
    """Fetch what a link leads to: at most `most` bytes, within so many seconds, redirects and all.

    The file is gone after the block. Raises ImageError: a web page is refused here, while `intake` tells
    whether other bytes are a picture.
    """
    deadline = Deadline(seconds, seconds, seconds)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spooled:
        file = cast(BinaryIO, spooled)
        with _edge():
            link = client.link(url)
            _follow(link, client, deadline, file, most)
        file.seek(0)
        yield Fetched(file, _file_name(link))


@contextmanager
def _edge() -> Iterator[None]:
    try:
        yield
    except AddressRefused as error:
        raise errors.no_link(error.message) from error
    except FetchFailed as error:
        raise errors.not_fetched(error.message) from error


def _follow(link: Link, client: GuardedClient, deadline: Deadline, file: BinaryIO, most: int) -> None:
    """Write what the link, or the last of its redirects, answers with."""
    for _ in range(1 + _MOST_REDIRECTS):
        with client.ask("GET", link, deadline, _HEADERS | {"User-Agent": _agent(client.contact)}) as answer:
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location:
                _write_body(answer, file, most)
                return
        link = link.follow(_header_text(location), client.ports)
    raise FetchFailed(f"{link.host} redirects too often.")


def _agent(contact: str) -> str:
    """Say who asks, and how to reach somebody."""
    if not contact:
        return f"Describer/{__version__} (a self-hosted site)"
    return f"Describer/{__version__} (+{contact})"


def _header_text(header: str) -> str:
    """Return what a server meant that writes UTF-8 into a header."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _write_body(answer: GuardedResponse, file: BinaryIO, most: int) -> None:
    host = answer.link.host
    if not 200 <= answer.status < 300:
        raise FetchFailed(f"{host} answered {answer.status}{_status_words(answer.status)}")
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > most:
        raise errors.link_too_large(host, most)
    looked_at = False
    for piece in answer.pieces():
        file.write(piece)
        if file.tell() > most:
            raise errors.link_too_large(host, most)
        if not looked_at and file.tell() >= HEAD:
            _refuse_page(file, answer)
            looked_at = True
    _refuse_page(file, answer)


def _status_words(status: int) -> str:
    if status in _REFUSES_PROGRAMS:
        return ": this host refuses programs; save the picture and drop it here."
    reason = ""
    if status == 401:
        reason = ": it shows this to those it knows alone"
    elif status in (404, 410):
        reason = ": there is nothing at this address"
    elif status >= 500:
        reason = ": it has a fault"
    return f"{reason}. Open the link in a browser to see."


def _refuse_page(file: BinaryIO, answer: GuardedResponse) -> None:
    """Refuse a web page, the most usual mistake, as soon as it is seen.

    Bytes that are a picture are taken for one, whatever the answer calls them.
    """
    file.seek(0)
    kind = kind_of(file.read(HEAD), "")
    file.seek(0, 2)
    is_called_page = "html" in answer.headers.get("Content-Type", "").lower()
    if kind.words == PAGE or (kind.format is None and is_called_page):
        raise errors.is_web_page()


def _file_name(link: Link) -> str:
    path = unquote(link.target.partition("?")[0])
    return clean_name(path, link.host)
