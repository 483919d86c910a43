from collections.abc import Iterator

import pytest

from drivers.card.pcscd import VirtualReader, ensure_pcscd, why_not
from drivers.errors import DeviceMissing


@pytest.fixture
def virtual_reader() -> Iterator[VirtualReader]:
    """The real pcscd with the virtual reader, for one test at a time on this machine."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    try:
        reader = ensure_pcscd(90.0)
    except DeviceMissing as error:
        if "only root may start it" in str(error):
            pytest.skip(str(error))
        raise
    with reader:
        yield reader
