"""What a picture's header says, before a single pixel is decoded."""

from dataclasses import dataclass

from describer.images.view import FileView


class Unsupported(Exception):
    """A rare kind of a format that is taken; the text names the kind."""


class Raw(Exception):
    """A camera's raw file, whatever its container says."""


@dataclass(frozen=True, slots=True)
class Header:
    """The facts of a header; width and height lie as stored, before any turn.

    `pixel` is the bytes that a pixel takes while it is decoded, `kept` once it is, `extra` what decoding
    takes besides, `held` what of the file is in memory meanwhile; `fit` says that the view itself could be
    sent; `top` is the highest value of a grey pixel where that is above 255; `drawn` is the part of the
    canvas that the first frame covers, where that is not the whole; `decoding` is what the decoder is given
    where that is not the view itself; `notes` are words for the owner;
    `aspect` is how much higher than wide a pixel is.
    """

    format: str
    view: FileView
    width: int
    height: int
    pixel: float = 4.0
    kept: float = 4.0
    extra: int = 0
    held: int = 0
    orientation: int = 1
    profile: bytes | None = None
    frames: int = 1
    fit: bool = False
    shrinks: bool = False
    top: int = 255
    drawn: tuple[int, int, int, int] | None = None
    decoding: FileView | None = None
    notes: tuple[str, ...] = ()
    aspect: float = 1.0
