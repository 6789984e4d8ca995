"""Animated PNG: pictures of one size shown one after the other, for ever. Whoever cannot play it sees the first."""

import struct
import zlib
from collections.abc import Iterator, Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER, _ANIMATION, _FRAME, _FIRST, _NEXT, _END = b"IHDR", b"acTL", b"fcTL", b"IDAT", b"fdAT", b"IEND"


def animated(frames: Sequence[tuple[bytes, int]]) -> bytes:
    """Return one picture of several PNGs, each shown for so many milliseconds.

    Raises ValueError unless they have the same size and kind of colors.
    """
    headers = {_part(png, _HEADER) for png, _ in frames}
    if len(headers) != 1:
        raise ValueError("the pictures have different sizes or colors")
    [header] = headers
    width, height = struct.unpack(">II", header[:8])
    made, number = [_chunk(_HEADER, header), _chunk(_ANIMATION, struct.pack(">II", len(frames), 0))], 0
    for index, (png, milliseconds) in enumerate(frames):
        place = struct.pack(">IIIIIHHBB", number, width, height, 0, 0, milliseconds, 1000, 0, 0)
        # Browsers compress in haste.
        pixels = zlib.compress(zlib.decompress(_part(png, _FIRST)), 9)
        shown = _chunk(_NEXT, struct.pack(">I", number + 1) + pixels) if index else _chunk(_FIRST, pixels)
        made += [_chunk(_FRAME, place), shown]
        number += 2 if index else 1
    return SIGNATURE + b"".join([*made, _chunk(_END, b"")])


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kinds and contents of the parts of a PNG. Raises ValueError where it is none, or damaged."""
    if not png.startswith(SIGNATURE):
        raise ValueError("no PNG")
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        if struct.pack(">I", zlib.crc32(kind + data)) != png[at + 8 + length : at + 12 + length]:
            raise ValueError(f"a damaged {kind.decode()}")
        yield kind, data
        at += 12 + length


def _part(png: bytes, wanted: bytes) -> bytes:
    return b"".join(data for kind, data in chunks(png) if kind == wanted)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
