"""A road to the broker that can be cut: the kiosk under test goes by it, so that its absence can be played."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final

from kiosk.conformance.errors import CannotTest

_READ_BYTES: Final = 65_536
_CONNECT_S: Final = 10.0


class Road:
    """Carries bytes from a port of this computer to the broker, as they are. `close` ends its threads."""

    def __init__(self, port: int, host: str, broker_port: int) -> None:
        """Listen at `port` (0: any free one). Raises CannotTest when it is taken."""
        self._broker = (host, broker_port)
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_cut = True
        self.port = port
        self.mend()

    def cut(self) -> None:
        """Nobody passes from now on; who is on the road is thrown off without a word."""
        with self._lock:
            if not self._is_cut:
                _end(self._listener)
                self._listener.close()
            self._is_cut = True
            for one in self._sockets:
                _end(one)

    def mend(self) -> None:
        """Whoever comes passes again. Raises CannotTest when somebody else has taken the port meanwhile."""
        try:
            self._listener = socket.create_server(("", self.port))
        except OSError as error:
            raise CannotTest(f"port {self.port} cannot be listened at: {error.strerror}") from error
        self.port = int(self._listener.getsockname()[1])
        self._is_cut = False
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Stop listening, and cut."""
        self.cut()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        try:
            far = socket.create_connection(self._broker, timeout=_CONNECT_S)
            far.settimeout(None)
            if self._keeps(near, far):
                back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                back.start()
                _pump(near, far)
                back.join()
        except OSError:
            pass  # the broker is away: the kiosk finds nobody, as it would without this road
        finally:
            with self._lock:
                self._sockets -= {near} | ({far} if far else set())
            near.close()
            if far is not None:
                far.close()

    def _keeps(self, *pair: socket.socket) -> bool:
        with self._lock:
            if not self._is_cut:
                self._sockets.update(pair)
            return not self._is_cut


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_READ_BYTES):
            target.sendall(data)
    _end(target)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
