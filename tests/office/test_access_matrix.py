"""The broker's access list against the matrix of `./run prove acl`, which takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.office.errors import ProvisioningError
from kiosk.office.provisioning import init_office
from tests.prove.acl import MATRIX, prove


def test_every_topic_is_for_whom_the_matrix_says(tmp_path: Path) -> None:
    said: list[str] = []
    assert prove(tmp_path, say=said.append) == []
    assert len(said) > len(MATRIX)


@pytest.mark.parametrize("name", ["collector", "all"])
def test_no_kiosk_has_a_name_that_means_somebody_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProvisioningError, match=name):
        init_office(tmp_path, province="ht", communes=["tk"], kiosks=[name], demo=True)
