"""A road between kiosk and broker that is as bad as it is told to be: slow, stalling, resetting. Counts what passes."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE_BYTES = 1400
BUFFER_BYTES = 8 * 1024
READY_S = 10.0


class SlowLink:
    """A TCP proxy on the loopback address in a thread of its own. Both directions share nothing but the resets."""

    def __init__(self, target_port: int, *, bytes_per_s: float | None = None) -> None:
        self.bytes_per_s = bytes_per_s
        self.up_bytes = 0
        self.down_bytes = 0
        self.resets = 0
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(READY_S), "the proxy did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(READY_S)

    def reset(self) -> None:
        """Cut every connection, as a mast that is left behind."""
        self._loop.call_soon_threadsafe(self._reset)

    def stall(self) -> None:
        """Let nothing pass until `flow`; connections stay."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def flow(self) -> None:
        """Let everything pass again."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        self._reset()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports that were aborted close their sockets in the next turn of the loop.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _serve(self) -> None:
        self._open.set()
        listener = socket.socket()
        # A small buffer: what the sender believes to be on its way is on its way, and not in this process.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        listener.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=BUFFER_BYTES)
        self.port = int(listener.getsockname()[1])
        self._ready.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, far_writer, up=True))
                tasks.create_task(self._pass(far_reader, writer, up=False))
        except* (OSError, _Ended):
            pass
        finally:
            for end in (writer, far_writer):
                self._writers.discard(end)
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        loop = asyncio.get_running_loop()
        free_at_s = loop.time()
        while piece := await reader.read(PIECE_BYTES):
            await self._open.wait()
            if self.bytes_per_s is not None:
                # Time that was idle is not saved up: a link carries no more in a second for having carried none before.
                free_at_s = max(free_at_s, loop.time() - 0.05) + len(piece) / self.bytes_per_s
                await asyncio.sleep(max(0.0, free_at_s - loop.time()))
            if up:
                self.up_bytes += len(piece)
            else:
                self.down_bytes += len(piece)
            writer.write(piece)
            await writer.drain()
        raise _Ended

    def _reset(self) -> None:
        self.resets += 1
        for writer in list(self._writers):
            with suppress(OSError):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class _Ended(Exception):
    """One side has closed: the other one goes, too."""
