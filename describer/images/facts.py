"""The words of this package: what limits a picture, what is made of it, what is known about it."""

from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost: bytes of the file, pixels of the picture, bytes of memory for all decodes at once."""

    max_bytes: int = 50 * _MEBIBYTE
    max_pixels: int = 200_000_000
    decode_budget: int = 400 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sent copy is made: its longest side in pixels, its size in bytes, its format (auto, jpeg or png)."""

    long_side: int = 2000
    max_bytes: int = 3_932_160
    format: str = "auto"

    @property
    def key(self) -> str:
        """Return a short text that is the same for the same recipe, for example `2000-3932160-auto`."""
        return f"{self.long_side}-{self.max_bytes}-{self.format}"


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture made for others' eyes: JPEG or PNG, upright, opaque, sRGB, without metadata."""

    data: bytes
    format: str
    media_type: str
    width: int
    height: int
    sha256: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known of an accepted picture. Width and height are those that a person sees, so after any turn."""

    sha256: str
    format: str
    media_type: str
    width: int
    height: int
    bytes: int
    notes: tuple[str, ...]
    thumbnail: Copy
    sent: Copy
