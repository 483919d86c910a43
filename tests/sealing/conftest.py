import pytest

from kiosk.sealing.keys import SigningKey
from kiosk.sealing.suites import SUITES
from tests.sealing.parties import Clock, Parties, make_parties


@pytest.fixture(scope="session", params=SUITES, ids=["hybrid", "classical"])
def parties(request: pytest.FixtureRequest) -> Parties:
    return make_parties(request.param)


@pytest.fixture(scope="session")
def classical() -> Parties:
    return make_parties(SUITES[1])


@pytest.fixture(scope="session")
def stranger() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def clock() -> Clock:
    return Clock()
