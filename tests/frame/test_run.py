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


#: Programs that stand for the real ones. The types take until the tests have begun, or for ever.
PLAYED = """
ruff() { echo "ruff $1"; }
pyright() {
    for _ in {1..600}; do if [[ -e begun ]]; then echo "the types"; return "$TYPES"; fi; sleep 0.05; done
    return 3
}
lint-imports() { echo "the contracts"; }
pytest() { : >begun; echo "$*"; echo "== 7 passed =="; return "$TESTS"; }
test_all
"""


@pytest.mark.parametrize(
    ("types", "tests", "failed"), [(0, 0, ""), (1, 0, "types"), (0, 1, "tests"), (1, 2, "tests types")]
)
def test_types_are_checked_beside_the_tests_and_the_last_line_is_the_tests_own(
    repository: Path, tmp_path: Path, types: int, tests: int, failed: str
) -> None:
    door = tmp_path / "run"
    door.write_text((repository / "run").read_text().removesuffix('main "$@"\n') + PLAYED)
    answer = subprocess.run(
        ["bash", door],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "TYPES": str(types), "TESTS": str(tests)},
    )
    lines = answer.stdout.splitlines()
    assert lines[-1] == "== 7 passed ==", answer.stdout + answer.stderr
    assert lines.count("== 7 passed ==") == 1
    assert {"-n auto --dist worksteal", "the types", "the contracts"} <= set(lines)
    assert (answer.returncode, lines[-2]) == ((1, f"run: failed: {failed}") if failed else (0, "the contracts"))
    assert not list(tmp_path.glob("tmp.*")), "nothing stays behind"


PREPARED = """
mkdir "$venv"
stamp_of test >"$venv/stamp-test"
pick_python() { exit 9; }
for level in test demo field office; do prepare_python "$level"; done
echo "nothing to do"
echo "another==1" >>"$root/requirements/test.lock"
prepare_python demo
"""


def test_an_environment_for_the_tests_is_one_for_the_demo_until_what_it_was_made_of_changes(
    repository: Path, tmp_path: Path
) -> None:
    door = tmp_path / "run"
    door.write_text((repository / "run").read_text().removesuffix('main "$@"\n') + PREPARED)
    shutil.copytree(repository / "requirements", tmp_path / "requirements")
    shutil.copy(repository / "pyproject.toml", tmp_path)
    answer = subprocess.run(
        ["bash", door], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    assert answer.stdout == "nothing to do\n", answer.stdout + answer.stderr
    assert answer.returncode == 9


@pytest.mark.parametrize("script", ["run", ".ci/run", "systemd/install.sh"])
def test_the_shell_scripts_are_free_of_known_traps(repository: Path, script: str) -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    answer = subprocess.run([shellcheck, repository / script], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout
