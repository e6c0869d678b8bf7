"""Draw the default icon: a red cherry with its stem and a leaf, 16x16 and 32x32 pixels.

Run it to write `src/cherrypy/favicon.ico` anew. The picture is made of a few formulas in
the unit square (x to the right, y downwards), each pixel of 8x8 samples.
"""

# ruff: noqa: PLR2004  (a script of no package; a picture is made of numbers)
from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

SAMPLES = 8
SIZES = (16, 32)

Colour = tuple[float, float, float, float]
NOTHING: Colour = (0.0, 0.0, 0.0, 0.0)

CHERRY_AT = (0.44, 0.66)
CHERRY_RADIUS = 0.31


def cherry(x: float, y: float) -> Colour:
    """Return the colour of the cherry at a point: lit from above, on the left."""
    dx, dy = (x - CHERRY_AT[0]) / CHERRY_RADIUS, (y - CHERRY_AT[1]) / CHERRY_RADIUS
    # The dent where the stem begins.
    dy -= 0.20 * math.exp(-((dx - 0.12) ** 2) * 9) if dy < 0 else 0
    if dx * dx + dy * dy > 1:
        return NOTHING
    if (dx + 0.42) ** 2 + (dy + 0.34) ** 2 < 0.045:
        return (1.0, 0.82, 0.84, 1.0)
    shade = min(1.0, math.hypot(dx + 0.45, dy + 0.45) / 1.75)
    return (0.90 - 0.42 * shade, 0.08 - 0.05 * shade, 0.16 - 0.07 * shade, 1.0)


def stem(x: float, y: float) -> Colour:
    """Return the colour of the stem: a curve from the dent to the upper right corner."""
    if not 0.08 <= y <= 0.47:
        return NOTHING
    along = (0.47 - y) / 0.39
    middle = 0.47 + 0.30 * along**2
    width = 0.030 + 0.016 * along
    return (0.36, 0.45, 0.14, 1.0) if abs(x - middle) < width else NOTHING


def leaf(x: float, y: float) -> Colour:
    """Return the colour of the leaf: where two circles overlap, left of the stem's end."""
    upper = math.hypot(x - 0.43, y - 0.46) < 0.34
    lower = math.hypot(x - 0.51, y + 0.14) < 0.36
    if not (upper and lower):
        return NOTHING
    vein = abs((y - 0.155) + 0.10 * (x - 0.47)) < 0.012
    return (0.27, 0.50, 0.13, 1.0) if vein else (0.40, 0.67, 0.20, 1.0)


def pixel(column: int, row: int, size: int) -> bytes:
    """Return one pixel: red, green, blue, alpha."""
    total = [0.0, 0.0, 0.0, 0.0]
    for i in range(SAMPLES * SAMPLES):
        x = (column + (i % SAMPLES + 0.5) / SAMPLES) / size
        y = (row + (i // SAMPLES + 0.5) / SAMPLES) / size
        colour = next((c for c in (cherry(x, y), stem(x, y), leaf(x, y)) if c[3]), NOTHING)
        total = [sum_ + part for sum_, part in zip(total, colour, strict=True)]
    alpha = total[3]
    if not alpha:
        return bytes(4)
    rgb = [round(255 * part / alpha) for part in total[:3]]
    return bytes([*rgb, round(255 * alpha / SAMPLES**2)])


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file (PNG specification, section 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: int) -> bytes:
    """Return the picture as a PNG file."""
    rows = (
        b"\0" + b"".join(pixel(column, row, size) for column in range(size)) for row in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
        + chunk(b"IEND", b"")
    )


def ico() -> bytes:
    """Return an ICO file: a directory, then a PNG file for each size."""
    pictures = [png(size) for size in SIZES]
    offset = 6 + 16 * len(pictures)
    directory = struct.pack("<HHH", 0, 1, len(pictures))
    for size, picture in zip(SIZES, pictures, strict=True):
        directory += struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return directory + b"".join(pictures)


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "src" / "cherrypy" / "favicon.ico"
    target.write_bytes(ico())
