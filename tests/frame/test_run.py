import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run(repository: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [repository / "run", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_help_names_every_command(repository: Path) -> None:
    answer = run(repository, "--help")
    assert answer.returncode == 0
    for command in ("demo", "test", "bench", "prove", "exec", "install"):
        assert f"\n  {command} " in answer.stdout


@pytest.mark.parametrize("arguments", [(), ("sing",), ("bench", "no_such_thing"), ("prove", "../escape")])
def test_an_unknown_command_or_name_says_so_and_fails(repository: Path, arguments: tuple[str, ...]) -> None:
    answer = run(repository, *arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("office", "-h")])
def test_asking_what_install_takes_installs_nothing(repository: Path, arguments: tuple[str, ...]) -> None:
    answer = run(repository, "install", *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "install [--bundle DIR]" in answer.stdout


@pytest.mark.parametrize("script", ["run", ".ci/run", "systemd/install.sh"])
def test_the_shell_scripts_are_free_of_known_traps(repository: Path, script: str) -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    answer = subprocess.run([shellcheck, repository / script], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout
