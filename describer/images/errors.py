"""The one error of this package, and the one edge at which everything else becomes it.

| code | status | when |
|---|---|---|
| image_empty | 400 | no bytes at all |
| image_damaged | 400 | cut off or scratched: it cannot be decoded to its end |
| invalid_image_url | 400 | a link that is none, or that leads where nobody is let (one message for all of these) |
| image_download_failed | 400 | a link from which no picture came: unreachable, slow, an error, a web page |
| no_image | 400 | no picture in what came (raised by those who call this package) |
| image_too_large | 413 | more bytes than `Limits.max_bytes` (of a link: unpacked), or no copy as small as a recipe asks |
| image_too_many_pixels | 413 | more pixels than `Limits.max_pixels`, or than the decode budget holds |
| image_format | 415 | not one of the formats that are taken |
| memory_short | 503 | `MemoryShort`: it would be taken, but the machine has no memory to decode it in now |
| image_raw | 415 | a camera's raw file |
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from describer.images.header import Raw, Unsupported
from describer.images.memory import has_memory
from describer.lib.shortage import refused_by_machine

_ROOM = 64 << 20  # bytes: more than any step takes beside a decode
_TAKEN = "JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF and BMP"
_ADVICE = {
    "raw": "{name} is camera raw; export as JPEG.",
    "svg": "{name}: SVG drawings are not supported; export as PNG.",
    "pdf": "{name}: a PDF is not a picture; export its pages as PNG.",
}


class ImageError(Exception):
    """A picture that is refused: a stable `code`, an HTTP `status` and a `message` fit for its owner.

    The message names the file and says what to do; it never holds a path or the name of a class.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


class MemoryShort(ImageError):
    """The machine has not the memory to decode a picture now. It is no fault of the file's."""

    def __init__(self, name: str) -> None:
        text = (
            f"{name} is too large for the memory that this site has now; make it smaller, or come back later."
        )
        super().__init__("memory_short", 503, text)


def empty(name: str) -> ImageError:
    return ImageError("image_empty", 400, f"{name} is empty; choose another file.")


def no_link(message: str) -> ImageError:
    return ImageError("invalid_image_url", 400, message)


def not_fetched(message: str) -> ImageError:
    return ImageError("image_download_failed", 400, message)


def is_web_page() -> ImageError:
    return not_fetched(
        "This link shows a web page, not a picture. Open the picture itself and copy its address."
    )


def link_too_large(host: str, most: int) -> ImageError:
    text = f"The picture at {host} is too large: at most {_mebibytes(most)} are taken."
    return ImageError("image_too_large", 413, text)


def damaged(name: str) -> ImageError:
    return ImageError("image_damaged", 400, f"{name} is cut off or damaged; upload it again.")


def too_large(name: str, size: int, most: int) -> ImageError:
    text = (
        f"{name} is too large: {_mebibytes(size)}, and at most {_mebibytes(most)} are taken. Make it smaller."
    )
    return ImageError("image_too_large", 413, text)


def too_large_to_send(name: str, side: int, most: int) -> ImageError:
    text = f"{name} is too large even at {side} px: no copy of it fits into {_mebibytes(most)}. Cut it into parts."
    return ImageError("image_too_large", 413, text)


def too_many_pixels(name: str, width: int, height: int, most: int, where: str) -> ImageError:
    """Make the error of too many pixels; `where` follows the limit (`most`) in the message, or is empty."""
    text = (
        f"{name} has too many pixels: {width}x{height} is {_millions(width * height)}, "
        f"and at most {_millions(most)} are taken{where}. Make it smaller and upload it again."
    )
    return ImageError("image_too_many_pixels", 413, text)


def image_refused(name: str, kind: str) -> ImageError:
    """Make the error of a file that is no picture for this site; `kind` says what the file is."""
    advice = _ADVICE.get(kind, f"{{name}} is {kind}. Taken are {_TAKEN}.")
    message = advice.replace("{name}", name)
    if kind == "raw":
        return ImageError("image_raw", 415, message)
    return ImageError("image_format", 415, message)


@contextmanager
def edge(name: str, needed: int = _ROOM) -> Iterator[None]:
    """Turn all that readers and decoders raise about a file into `ImageError`.

    What the machine refuses is no fault of the file: a lack of memory becomes `MemoryShort`, and an OSError with a
    number (Pillow's own have none) is passed on, as is a library that cannot be loaded.

    Readers and decoders raise OSError, ValueError, KeyError, SyntaxError, TypeError, struct.error,
    zlib.error, RuntimeError and more, and a new release adds to the list; so everything is caught here, and
    nowhere else. Many of them speak of a broken file where they got no memory, so the machine is asked whether the
    `needed` bytes are there.
    """
    try:
        yield
    except ImageError:
        raise
    except Raw:
        raise image_refused(name, "raw") from None
    except Unsupported as rare:
        kind = f"a rare kind of {rare} that cannot be read; export it as an ordinary one"
        raise image_refused(name, kind) from None
    except Exception as error:
        if isinstance(error, MemoryError) or not has_memory(needed):
            raise MemoryShort(name) from error
        if isinstance(error, ImportError):
            raise OSError(errno.ELIBACC, f"a decoder cannot be loaded: {error}") from error
        if refused_by_machine(error):
            raise
        raise damaged(name) from error


def _mebibytes(size: int) -> str:
    mebibytes = size / (1 << 20)
    if mebibytes >= 10:
        return f"{mebibytes:.0f} MiB"
    return f"{mebibytes:.1f} MiB"


def _millions(pixels: int) -> str:
    return f"{pixels / 1e6:,.0f} million"
