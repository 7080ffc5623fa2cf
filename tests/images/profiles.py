"""Colour profiles made by hand (ICC.1:2001-04): a matrix and one curve, which is all that most profiles are."""

import struct

Column = tuple[float, float, float]

# Columns of red, green and blue for the white of D50.
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SWAPPED = (SRGB[1], SRGB[0], SRGB[2])


def colours(columns: tuple[Column, Column, Column], gamma: float = 2.2, name: str = "a profile") -> bytes:
    """A profile for RGB."""
    tags = {b"rXYZ": xyz_tag(columns[0]), b"gXYZ": xyz_tag(columns[1]), b"bXYZ": xyz_tag(columns[2])}
    tags |= {kind: curve(gamma) for kind in (b"rTRC", b"gTRC", b"bTRC")}
    return profile(b"RGB ", tags, name)


def greys(gamma: float) -> bytes:
    """A profile for grey."""
    return profile(b"GRAY", {b"kTRC": curve(gamma)}, "a grey profile")


def to_srgb(
    columns: tuple[Column, Column, Column], pixel: tuple[int, int, int], gamma: float = 2.2
) -> tuple[int, ...]:
    """What a colour of such a profile is in sRGB, by the book."""
    linear = [(value / 255) ** gamma for value in pixel]
    xyz = [
        sum(column[row] * value for column, value in zip(columns, linear, strict=True)) for row in range(3)
    ]
    back = ((3.1339, -1.6169, -0.4906), (-0.9788, 1.9161, 0.0335), (0.0719, -0.2290, 1.4052))
    values = [sum(part * one for part, one in zip(row, xyz, strict=True)) for row in back]
    return tuple(round(255 * companded(min(1.0, max(0.0, value)))) for value in values)


def companded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def profile(space: bytes, tags: dict[bytes, bytes], name: str) -> bytes:
    text = name.encode() + b"\0"
    description = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {
        b"desc": description,
        b"wtpt": xyz_tag((0.9642, 1.0, 0.8249)),
        b"cprt": b"text" + bytes(4) + b"none\0",
        **tags,
    }
    table, data, start = b"", b"", 132 + 12 * len(tags)
    for kind, body in tags.items():
        table += struct.pack(">4sII", kind, start + len(data), len(body))
        data += body.ljust(-(-len(body) // 4) * 4, b"\0")
    head = struct.pack(">I4sI4s4s4s", start + len(data), bytes(4), 0x02100000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + data


def xyz_tag(column: Column) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(value * 65536) for value in column))


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
