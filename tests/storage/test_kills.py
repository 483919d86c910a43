"""Killed at any moment, a kiosk has every completed step and every committed enrolment afterwards."""

from pathlib import Path

import pytest

from tests.storage.killing import kill_often


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_promised_is_lost_by_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    promised = kill_often(tmp_path, 12, seed=seed)

    assert len(promised.committed) >= 5
    assert promised.paused >= 5, "some lay paused while it was killed"
