"""A link to something that speaks TLS and no MQTT, or whose certificate is for another time: a state, never a hang."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.uplink.link import GREETING_S, Link, LinkEvents, LinkState
from kiosk.uplink.settings import LinkSettings

TURNS = 500


@contextmanager
def mute_server(layout: OfficeLayout) -> Iterator[int]:
    """Takes every TLS connection with the broker's certificate, and says nothing; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(layout.broker / "broker.pem", layout.broker / "broker.key")
    held: list[ssl.SSLSocket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                held.append(context.wrap_socket(connection, server_side=True))

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join(5)
        for connection in held:
            connection.close()


def link_to(layout: OfficeLayout, port: int, monotonic_s: Callable[[], float]) -> Link:
    folder = layout.bundle("kiosk-tk-01") / "uplink"
    settings = LinkSettings(
        identity="kiosk-tk-01",
        broker_host="localhost",
        broker_port=port,
        authority_file=folder / "server-ca.pem",
        certificate_file=folder / "tls.pem",
        key_file=folder / "tls.key",
    )
    events = LinkEvents(lambda: None, lambda: None, lambda _: None, lambda _mid, _refusal: None)
    return Link(settings, events, subscriptions=("ev1/ht/tk/kiosk-tk-01/ack",), monotonic_s=monotonic_s)


def office(directory: Path, now: datetime) -> OfficeLayout:
    made = init_office(directory, province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True, now=lambda: now)
    return made.layout


def step_until_told(link: Link) -> None:
    for _ in range(TURNS):
        link.step(0.01)
        if link.state is not LinkState.CONNECTING:
            return


def test_a_broker_that_never_greets_is_given_up(tmp_path: Path) -> None:
    layout, now_s = office(tmp_path, datetime.now(UTC)), 0.0
    with mute_server(layout) as port:
        link = link_to(layout, port, lambda: now_s)
        for _ in range(20):
            link.step(0.01)
        assert link.state is LinkState.CONNECTING
        now_s += GREETING_S + 1
        step_until_told(link)
        assert link.state is LinkState.UNREACHABLE
        assert "says nothing" in link.detail
        link.close()


def test_a_certificate_that_is_not_valid_yet_asks_for_the_clock(tmp_path: Path) -> None:
    layout = office(tmp_path, datetime.now(UTC) + timedelta(days=30))
    with mute_server(layout) as port:
        link = link_to(layout, port, lambda: 0.0)
        step_until_told(link)
        assert link.state is LinkState.OFFICE_NOT_TRUSTED
        assert "not yet valid; is the clock of this computer right?" in link.detail
        link.close()
