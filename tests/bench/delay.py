"""A TCP proxy that holds back whatever passes, so that a server on this machine seems to be far away."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

CHUNK = 1 << 16
IN_FLIGHT = 256  # chunks each way: a line of 16 MiB in 20 ms narrows nothing


@contextmanager
def delayed(port: int, seconds: float):
    """Yield a port on 127.0.0.1 that leads to `port`, `seconds` later each way."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(lambda *client: _relay(client, port, seconds), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _relay(client, port, seconds):
    server = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(
        _one_way(client[0], server[1], seconds), _one_way(server[0], client[1], seconds), return_exceptions=True
    )


async def _one_way(reader, writer, seconds):
    queue = asyncio.Queue(IN_FLIGHT)
    sending = asyncio.ensure_future(_send(queue, writer))
    try:
        while data := await reader.read(CHUNK):
            await queue.put((asyncio.get_running_loop().time() + seconds, data))
    finally:
        await queue.put((0, b""))
        await sending


async def _send(queue, writer):
    closed = False
    while (item := await queue.get())[1]:
        await asyncio.sleep(item[0] - asyncio.get_running_loop().time())
        if not closed:  # else it is only taken out of the queue, until the sender notices, too
            try:
                writer.write(item[1])
                await writer.drain()
            except OSError:
                closed = True
    writer.close()
