"""The proxy does what it says: other tests lean on it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.proxy import Proxy, proxying


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
async def proxy(heard: list[bytes]) -> AsyncIterator[Proxy]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                heard.append(line)
                writer.write(line)
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with proxying(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()


async def _opened(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def test_it_passes_everything_on_also_slowly(proxy: Proxy) -> None:
    for proxy.delay in (0, 0.02):
        reader, writer = await _opened(proxy)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        writer.close()


async def test_silent_connections_wait_until_they_speak_while_new_ones_pass(proxy: Proxy, heard: list[bytes]) -> None:
    reader, writer = await _opened(proxy)
    writer.write(b"one\n")
    await reader.readline()
    proxy.silence()
    writer.write(b"two\n")
    other_reader, other_writer = await _opened(proxy)
    other_writer.write(b"three\n")
    assert await other_reader.readline() == b"three\n"
    assert heard == [b"one\n", b"three\n"]
    proxy.speak()
    assert await reader.readline() == b"two\n"
    writer.close()
    other_writer.close()


async def test_new_connections_can_be_silent_as_well(proxy: Proxy) -> None:
    proxy.silence(new=True)
    reader, writer = await _opened(proxy)
    writer.write(b"one\n")
    answer = asyncio.ensure_future(reader.readline())
    done, _ = await asyncio.wait({answer}, timeout=0.05)
    assert not done
    proxy.speak()
    assert await answer == b"one\n"
    writer.close()


async def test_a_reset_breaks_what_is_open_and_refusing_what_is_new(proxy: Proxy) -> None:
    reader, writer = await _opened(proxy)
    writer.write(b"one\n")
    await reader.readline()
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.readline()
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await _opened(proxy)
    await proxy.listen()
    reader, writer = await _opened(proxy)
    writer.write(b"two\n")
    assert await reader.readline() == b"two\n"
    writer.close()


@pytest.mark.parametrize("silently", [False, True])
async def test_a_reply_is_lost_after_the_server_gave_it(proxy: Proxy, heard: list[bytes], silently: bool) -> None:
    reader, writer = await _opened(proxy)
    proxy.lose_reply(b"COMMIT", silently=silently)
    writer.write(b"one\n")
    assert await reader.readline() == b"one\n"
    writer.write(b"COMMIT\n")
    await proxy.lost.wait()
    assert heard == [b"one\n", b"COMMIT\n"]
    if silently:
        proxy.speak()
        answer = asyncio.ensure_future(reader.readline())
        done, _ = await asyncio.wait({answer}, timeout=0.05)
        assert not done
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await answer
    else:
        with pytest.raises(ConnectionResetError):
            await reader.readline()
    other_reader, other_writer = await _opened(proxy)
    other_writer.write(b"COMMIT\n")
    assert await other_reader.readline() == b"COMMIT\n", "once only"
    other_writer.close()
