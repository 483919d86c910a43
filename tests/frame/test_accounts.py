import os
import shutil
import sys
from pathlib import Path

import pytest

from kiosk.demo.accounts import choose_accounts


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes as other users")
def test_a_demo_in_a_folder_of_roots_own_goes_on_as_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As after a clone into /root: another user cannot even start the Python of its environment.
    program = tmp_path / "python"
    shutil.copy(sys.executable, program)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    accounts = choose_accounts()
    assert not accounts.apart
    assert accounts.kiosk.user is None
