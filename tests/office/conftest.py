"""A real Mosquitto over a freshly provisioned demo office, one per test module."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from kiosk.office import accounts
from kiosk.office.broker import Broker, find_mosquitto
from kiosk.office.errors import BrokerError
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from tests.office.postgres import Postgres, find_postgres, running_postgres

#: A password costs a quarter of a second by design; here it need only be kept as it is in the field.
CHEAP_N = 16
FIELD_N: Final = accounts._N
KIOSKS = ("kiosk-tk-01", "kiosk-tk-02", "kiosk-tk-03")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Village:
    """One office directory and its running broker."""

    layout: OfficeLayout
    broker: Broker

    @property
    def port(self) -> int:
        """The broker's port."""
        return self.broker.port


def free_port() -> int:
    """A port that was free a moment ago; whoever binds it must be ready to ask again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def raise_village(
    directory: Path,
    kiosks: Mapping[str, str] = dict.fromkeys(KIOSKS, "tk"),
    *,
    shards: Mapping[str, Sequence[str]] | None = None,
    offices: Mapping[str, str] = {},
) -> Village:
    """Provision and start, trying another port when somebody else was faster."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    for left in reversed(range(TRIES)):
        port = free_port()
        # An office keeps its broker's address: another port is another office.
        office = directory / str(port)
        communes = {code: code for code in kiosks.values()} | {"tk": "Thạch Kênh"}
        init_office(
            office,
            province="ht",
            communes=communes,
            kiosks=kiosks,
            broker_port=port,
            demo=True,
            shards=shards,
            offices=offices,
        )
        broker = Broker(office / "broker", port=port, log_file=office / "broker.log")
        try:
            broker.start()
        except BrokerError:
            if left == 0:
                raise
        else:
            return Village(OfficeLayout(office), broker)
    raise AssertionError("unreachable")


@pytest.fixture(autouse=True, scope="session")
def _passwords_are_cheap() -> Iterator[None]:
    """Passwords of tests are kept at a low cost, which stands beside each; a test of the cost itself sets it back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_N", CHEAP_N)
        yield


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords at what they cost in the field."""
    monkeypatch.setattr(accounts, "_N", FIELD_N)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """A provisioned office with its broker running."""
    raised = raise_village(tmp_path_factory.mktemp("office"))
    yield raised
    raised.broker.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("postgresql is not installed")
    with running_postgres(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An office database that does not exist yet, or is empty: of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'office.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()
