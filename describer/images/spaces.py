"""Colour spaces that a file names by numbers, as profiles.

By code points, which HEIC, AVIF and PNG have (ITU-T H.273), or by a gamma and chromaticities, which PNG has. What Chromium
makes of them is what is made here; where specifications and Chromium differ, a person sees what Chromium shows.
"""

import struct
from functools import lru_cache

# The places x and y of red, green, blue and white in the CIE diagram of 1931.
Chromaticities = tuple[float, float, float, float, float, float, float, float]
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

_D65, _C = (0.3127, 0.329), (0.31, 0.316)
BT709: Chromaticities = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, *_D65)
BT2020: Chromaticities = (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, *_D65)
_SMPTE170: Chromaticities = (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65)
PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    2: BT709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C),
    5: (0.64, 0.33, 0.29, 0.6, 0.15, 0.06, *_D65),
    6: _SMPTE170,
    7: _SMPTE170,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),
    9: BT2020,
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    11: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351),
    12: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, *_D65),
    22: (0.63, 0.34, 0.295, 0.605, 0.155, 0.077, *_D65),
}
# Curves as `para` has them (ICC.1:2022, 10.18): a gamma, what shifts it, and where it is a line; kinds by their length.
_Curve = tuple[float, ...]
_KINDS = {1: 0, 3: 1, 5: 3}
_SRGB: _Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_TELEVISION = {1, 6, 11, 12, 14, 15}
_CURVES: dict[int, _Curve] = {
    2: _SRGB,
    4: (2.2,),
    5: (2.8,),
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 0.25, 0.0913),
    8: (1.0,),
    13: _SRGB,
    17: (2.6, (52.37 / 48) ** (1 / 2.6), 0.0),
}
# A gamma that is so near to 2.2 that libpng changes nothing for it.
_ORDINARY, _NEAR = 2.2, 0.05
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
D50: Vector = (0.9642, 1.0, 0.8249)


@lru_cache(maxsize=32)
def by_code_points(primaries: int, transfer: int, television: float | None = None) -> bytes | None:
    """Return a profile for code points; None where they are not known, or mean sRGB.

    `television` is the gamma of television's curves where they are not taken for sRGB's.
    """
    curve = _CURVES.get(transfer)
    if transfer in _TELEVISION:
        curve = (television,) if television else _SRGB
    places = PRIMARIES.get(primaries)
    if curve is None or places is None or (curve, places) == (_SRGB, BT709):
        return None
    return _profile(places, curve)


@lru_cache(maxsize=32)
def by_gamma(gamma: float, places: Chromaticities | None) -> bytes | None:
    """Return a profile for the gamma of a PNG, 0.45 or so; None where it means sRGB, or cannot be.

    Without a gamma, chromaticities mean nothing to browsers.
    """
    if gamma <= 0:
        return None
    if places is None and abs(gamma * _ORDINARY - 1) < _NEAR:
        return None
    try:
        return _profile(places or BT709, (1 / gamma,))
    except (ZeroDivisionError, struct.error):
        return None


def to_xyz(places: Chromaticities) -> Matrix:
    """Return what makes XYZ, for the white of D50, of linear colours. Raises ZeroDivisionError where there is no such."""
    red, green, blue, white = ((x, y, 1 - x - y) for x, y in zip(places[::2], places[1::2], strict=True))
    white = _times(white, 1 / white[1])
    shares = applied(inverse(_transposed((red, green, blue))), white)
    columns = _times(red, shares[0]), _times(green, shares[1]), _times(blue, shares[2])
    return product(_adapted(white), _transposed(columns))


def applied(matrix: Matrix, vector: Vector) -> Vector:
    """Multiply a matrix by a column."""
    x, y, z = vector
    first, second, third = (row[0] * x + row[1] * y + row[2] * z for row in matrix)
    return first, second, third


def product(left: Matrix, right: Matrix) -> Matrix:
    """Multiply two matrices."""
    columns = _transposed(right)
    return _transposed((applied(left, columns[0]), applied(left, columns[1]), applied(left, columns[2])))


def inverse(matrix: Matrix) -> Matrix:
    """Invert a matrix. Raises ZeroDivisionError where it has no inverse."""
    a, b, c = matrix
    crosses = _cross(b, c), _cross(c, a), _cross(a, b)
    share = 1 / sum(one * other for one, other in zip(a, crosses[0], strict=True))
    return _transposed((_times(crosses[0], share), _times(crosses[1], share), _times(crosses[2], share)))


def _adapted(white: Vector) -> Matrix:
    """Return what makes colours under one white those under D50 (Bradford, as ICC.1 has it in annex E)."""
    source, target = applied(_BRADFORD, white), applied(_BRADFORD, D50)
    scale = (
        (target[0] / source[0], 0.0, 0.0),
        (0.0, target[1] / source[1], 0.0),
        (0.0, 0.0, target[2] / source[2]),
    )
    return product(inverse(_BRADFORD), product(scale, _BRADFORD))


def _transposed(matrix: Matrix) -> Matrix:
    a, b, c = matrix
    return (a[0], b[0], c[0]), (a[1], b[1], c[1]), (a[2], b[2], c[2])


def _times(vector: Vector, share: float) -> Vector:
    return vector[0] * share, vector[1] * share, vector[2] * share


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def profile_of(tags: dict[bytes, bytes], connection: bytes) -> bytes:
    """Write a profile for RGB by its tags (ICC.1:2001-04); `connection` is the space that they lead to."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + _fixed(*D50), **tags}
    start, table, data = 132 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += struct.pack(">4sII", name, start + len(data), len(body))
        data += body.ljust(-(-len(body) // 4) * 4, b"\0")
    head = struct.pack(
        ">I4s4s4s4s4s", start + len(data), bytes(4), b"\x02\x10\0\0", b"mntr", b"RGB ", connection
    )
    head += bytes(12) + b"acsp" + bytes(28) + _fixed(*D50) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + data


def _profile(places: Chromaticities, curve: _Curve) -> bytes:
    """Return a profile of a matrix and one curve. Raises struct.error where a number has no room."""
    columns = _transposed(to_xyz(places))
    shape = b"para" + bytes(4) + struct.pack(">HH", _KINDS[len(curve)], 0) + _fixed(*curve)
    tags = {}
    for name, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[name + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*column)
        tags[name + b"TRC"] = shape
    return profile_of(tags, b"XYZ ")


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)
