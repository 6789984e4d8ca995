"""The animation that is made of several pictures."""

import struct
import zlib
from pathlib import Path

import pytest

from tests.browser.apng import SIGNATURE, animated, chunks
from tests.browser.two_clicks import MOST, NAME

DOCS = Path(__file__).parents[2] / "docs" / "screenshots"


def picture(color: bytes, *, width: int = 2, height: int = 1) -> bytes:
    """Return a PNG of one color."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + color * width) * height)
    # Two parts, as large pictures have them.
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels[:5]), chunk(b"IDAT", pixels[5:]), chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def test_every_picture_is_a_frame_with_its_time_and_numbers_follow_one_another() -> None:
    made = list(chunks(animated([(picture(b"abc"), 1500), (picture(b"def"), 800), (picture(b"ghi"), 10)])))
    assert [kind for kind, _ in made] == [
        b"IHDR", b"acTL", b"fcTL", b"IDAT", b"fcTL", b"fdAT", b"fcTL", b"fdAT", b"IEND",
    ]  # fmt: skip
    assert dict(made)[b"acTL"] == struct.pack(">II", 3, 0)
    numbered = [struct.unpack(">I", data[:4])[0] for kind, data in made if kind in (b"fcTL", b"fdAT")]
    assert numbered == [0, 1, 2, 3, 4]
    times = [struct.unpack(">HH", data[20:24]) for kind, data in made if kind == b"fcTL"]
    assert times == [(1500, 1000), (800, 1000), (10, 1000)]
    shown = [data if kind == b"IDAT" else data[4:] for kind, data in made if kind in (b"IDAT", b"fdAT")]
    assert [zlib.decompress(pixels) for pixels in shown] == [b"\0abcabc", b"\0defdef", b"\0ghighi"]


def test_pictures_of_different_sizes_make_no_animation() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        animated([(picture(b"abc"), 1), (picture(b"abc", width=3), 1)])


@pytest.mark.parametrize("broken", [b"GIF89a", picture(b"abc").replace(b"IDAT", b"IDOT")])
def test_what_is_no_whole_picture_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"no PNG|damaged"):
        animated([(broken, 1)])


def test_the_readmes_animation_is_one_and_loads_quickly() -> None:
    found = (DOCS / NAME).read_bytes()
    assert dict(chunks(found))[b"acTL"][:4] == struct.pack(">I", 5)
    assert len(found) < MOST
