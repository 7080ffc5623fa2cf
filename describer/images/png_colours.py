"""What the chunks of a PNG tell of its colours (W3C Portable Network Graphics, third edition, 4.3 and 11.3.2)."""

import struct

from describer.images import hdr
from describer.images.hdr import HLG, PQ
from describer.images.spaces import PRIMARIES, Chromaticities, by_code_points, by_gamma

CHUNKS = {b"cICP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"cLLI"}
# Browsers take television's curves in a PNG for those of television's screens (ITU-R BT.1886).
_TELEVISION = 2.4


def profile_and_notes(
    told: dict[bytes, bytes], profile: bytes | None
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the profile of a PNG by the chunk that counts; `profile` is what its iCCP holds."""
    code = told.get(b"cICP", b"")
    if len(code) == 4 and code[2:] == b"\0\1" and code[:2] != b"\2\2" and code[0] in PRIMARIES:
        if code[1] in (PQ, HLG):
            return hdr.profile(PRIMARIES[code[0]], code[1] == HLG, _peak(told)), (hdr.NOTE,)
        return by_code_points(code[0], code[1], _TELEVISION), ()
    if profile is not None or b"sRGB" in told:
        return profile, ()
    (gamma,) = struct.unpack(">I", told.get(b"gAMA", b"")[:4].ljust(4, b"\0"))
    return by_gamma(gamma / 100_000, _places(told.get(b"cHRM", b""))), ()


def _places(chunk: bytes) -> Chromaticities | None:
    if len(chunk) != 32:
        return None
    white_x, white_y, *others = (value / 100_000 for value in struct.unpack(">8I", chunk))
    red_x, red_y, green_x, green_y, blue_x, blue_y = others
    return red_x, red_y, green_x, green_y, blue_x, blue_y, white_x, white_y


def _peak(told: dict[bytes, bytes]) -> float:
    """Return the brightest of the content or its display, both in ten-thousandths of a candela."""
    (content,) = struct.unpack(">I", told.get(b"cLLI", b"")[:4].ljust(4, b"\0"))
    (display,) = struct.unpack(">I", told.get(b"mDCV", b"")[16:20].ljust(4, b"\0"))
    return hdr.peak_of(content / 10_000, display / 10_000)
