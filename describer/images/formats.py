"""What a file is, by its first bytes. A name or a label that came with it decides nothing."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from describer.images import bmp, boxes, gif, jpeg, png, tiff, webp
from describer.images.header import Header

HEAD = 4096

MEDIA_TYPES = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "HEIF": "image/heic",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}

PAGE = "a web page or XML"
NAMES = {**{kind: kind for kind in MEDIA_TYPES}, "HEIF": "HEIC", "WEBP": "WebP"}

EXAMINERS: dict[str, Callable[[BinaryIO], Header]] = {
    "AVIF": boxes.examine_avif,
    "BMP": bmp.examine,
    "GIF": gif.examine,
    "HEIF": boxes.examine_heif,
    "JPEG": jpeg.examine,
    "PNG": png.examine,
    "TIFF": tiff.examine,
    "WEBP": webp.examine,
}

_RAW_NAMES = frozenset(
    [
        "3fr",
        "arw",
        "cr2",
        "cr3",
        "crw",
        "dcr",
        "dng",
        "erf",
        "iiq",
        "k25",
        "kdc",
        "mef",
        "mos",
        "mrw",
        "nef",
        "nrw",
        "orf",
        "pef",
        "ptx",
        "raf",
        "raw",
        "rw2",
        "rwl",
        "sr2",
        "srf",
        "srw",
        "x3f",
    ]
)
_RAW_STARTS = (
    b"FUJIFILMCCD-RAW",
    b"IIU\0",
    b"IIRO",
    b"IIRS",
    b"MMOR",
    b"\0MRM",
    b"FOVb",
    b"II\x1a\0\0\0HEAPCCDR",
)
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AV1_BRANDS = {b"avif", b"avis"}
_MARKUP = re.compile(r"^\ufeff?\s*<")
_SVG = re.compile(r"<svg[\s>]|<!DOCTYPE\s+svg", re.IGNORECASE)

# Files that people take for pictures, or that pretend to be one, by a name that they know.
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\x01\0", "an icon"),
    (b"\0\0\x02\0", "a cursor"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"gimp xcf", "a GIMP file"),
    (b"\x1f\x8b", "a packed file"),
    (b"7z\xbc\xaf", "a packed file"),
    (b"Rar!", "a packed file"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"#!", "a program"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound or film"),
    (b"\x1a\x45\xdf\xa3", "a film"),
    (b"{\\rtf", "a text document"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is: a format that is taken, or else words for what it is (`raw`, `svg`, `pdf` have their own)."""

    format: str | None
    words: str = ""


def kind_of(head: bytes, name: str) -> Format:
    """Tell a file's kind by its first `HEAD` bytes. The name only tells camera raw from other TIFF files."""
    taken = _taken(head)
    raw_name = name.rpartition(".")[2].lower() in _RAW_NAMES
    if (taken == "TIFF" and raw_name) or head.startswith(_RAW_STARTS) or head[4:12] == b"ftypcrx ":
        return Format(None, "raw")
    if taken is None:
        return Format(None, _what_instead(head, name))
    return Format(taken)


def _taken(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(b"BM") and len(head) >= 18 and struct.unpack("<I", head[14:18])[0] in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        return _boxed(head)
    return None


def _boxed(head: bytes) -> str | None:
    """Tell HEIC from AVIF by the brands; general ones (mif1, msf1) leave it to the list behind them."""
    size = min(struct.unpack(">I", head[:4])[0], len(head), 256)
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, size, 4))]
    for brand in brands:
        if brand in _AV1_BRANDS:
            return "AVIF"
        if brand in _HEVC_BRANDS:
            return "HEIF"
    return None


def _what_instead(head: bytes, name: str) -> str:
    """Say what a file is that is no picture: `pdf`, `svg`, or words for a message."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    text = _decoded_text(head)
    if text is not None and _MARKUP.match(text):
        if _SVG.search(text):
            return "svg"
        return PAGE
    if name.lower().endswith(".svgz"):
        return "svg"
    for start, kind in _OTHERS:
        if head.startswith(start):
            return kind
    if text is None:
        return "no picture that is known here"
    return "text"


def _decoded_text(head: bytes) -> str | None:
    """Decode the beginning of a file as UTF-8 or UTF-16; None where it does not read like a text."""
    coding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(head[:2], "utf-8")
    if coding == "utf-8" and b"\0" in head:
        return None
    decoded = head.decode(coding, "replace")
    strange = decoded.count("\ufffd") + sum(letter < " " and letter not in "\t\r\n\f" for letter in decoded)
    if strange > len(decoded) // 20 + 1:
        return None
    return decoded
