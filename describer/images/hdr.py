"""Pictures for screens that are brighter than paper, as an ordinary screen shows them (ITU-R BT.2100).

What is as bright as paper is made darker, to leave room for what is brighter: the curve is that of SMPTE ST 2094-50 for
the white of reference (its annex C), which Chromium applies where a file has no curve of its own.
"""

import itertools
import struct
from functools import lru_cache
from math import cbrt, exp, log2, sqrt

from describer.images.spaces import (
    BT709,
    BT2020,
    D50,
    Chromaticities,
    Vector,
    applied,
    inverse,
    product,
    profile_of,
    to_xyz,
)

PQ, HLG = 16, 18
NOTE = "It is an HDR picture; it is shown as on an ordinary screen."
# Candelas a square metre: white paper, the brightest where the file does not say, and the brightest of all.
_PAPER, _PEAK, _MOST = 203.0, 1000.0, 10_000.0
_STEPS = 33
_KAPPA = 0.65
_LUMINANCE: Vector = (0.2627, 0.678, 0.0593)


@lru_cache(maxsize=8)
def profile(places: Chromaticities, is_hlg: bool, peak: float) -> bytes:
    """Return a profile with a table from HDR to an ordinary screen's colours.

    The table takes a third of a second, and is made once for each kind of light.
    """
    values = [_linear(step / (_STEPS - 1), is_hlg) for step in range(_STEPS)]
    to_wide = product(inverse(to_xyz(BT2020)), to_xyz(places))
    to_narrow = product(inverse(to_xyz(BT709)), to_xyz(BT2020))
    screen = to_xyz(BT709)
    table = bytearray()
    for colour in itertools.product(values, values, values):
        wide = applied(to_wide, colour)
        share = 1.0
        if is_hlg:
            share = _system_gamma(wide)
        share *= _gain(max(wide) * share, peak / _PAPER)
        red, green, blue = (min(max(part * share, 0), 1) for part in applied(to_narrow, wide))
        table += _lab(applied(screen, (red, green, blue)))
    return profile_of({b"A2B0": _lut(bytes(table))}, b"Lab ")


def peak_of(content: float, display: float) -> float:
    """Return how bright a picture gets: by what is said of its content, else of the display that it was made on."""
    return min(content or display or _PEAK, _MOST)


def _linear(value: float, is_hlg: bool) -> float:
    """Return the light of a value: by PQ as a share of paper's, by HLG as a share of the scene's brightest."""
    if is_hlg and value <= 0.5:
        return value * value / 3
    if is_hlg:
        return (exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    root = value ** (32 / 2523)
    light = max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return float(_MOST / _PAPER * light ** (16384 / 2610))


def _system_gamma(scene: Vector) -> float:
    """Return by what the light of a scene is multiplied on a screen of a thousand candelas (BT.2100, table 5)."""
    luminance = sum(weight * part for weight, part in zip(_LUMINANCE, scene, strict=True))
    return float(_PEAK / _PAPER * max(luminance, 0) ** 0.2)


def _gain(light: float, peak: float) -> float:
    """Return by what light is multiplied, both as shares of paper's: a line to paper, then an arc to the peak."""
    if peak <= 1:
        return 1.0
    if light >= peak:
        return 1 / light
    white = 1 - 0.5 * min(log2(peak) / log2(_PEAK / _PAPER), 1)
    if light <= 1:
        return white
    across, down = (1 - _KAPPA) + _KAPPA / white, (1 - _KAPPA) * white + _KAPPA
    half, square = across - 1, 1 - 2 * across + peak
    # Along the arc, light is 1 + 2 half t + square t^2.
    part = (light - 1) / (half + sqrt(half * half + square * (light - 1)))
    return (white + part * (2 * (down - white) + part * (white - 2 * down + 1))) / light


def _lab(xyz: Vector) -> bytes:
    """Return a colour as tables of sixteen bits have it (ICC.1:2001-04, 6.5.8)."""
    x, y, z = (_cube_root(part / white) for part, white in zip(xyz, D50, strict=True))
    lightness, red, yellow = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    return struct.pack(">3H", round(lightness * 652.8), round(256 * (red + 128)), round(256 * (yellow + 128)))


def _cube_root(share: float) -> float:
    if share > 0.008856:
        return cbrt(share)
    return 7.787 * share + 16 / 116


def _lut(table: bytes) -> bytes:
    """Write a table without curves before or behind it."""
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    line = struct.pack(">2H", 0, 65535) * 3
    return (
        b"mft2"
        + bytes(4)
        + bytes((3, 3, _STEPS, 0))
        + identity
        + struct.pack(">2H", 2, 2)
        + line
        + table
        + line
    )
