import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import grimp
import pytest


def demo_only(repository: Path) -> set[str]:
    script = (repository / "systemd" / "install.sh").read_text()
    block = re.search(r"^demo_only=\(\n.*?^\)", script, re.MULTILINE | re.DOTALL)
    assert block
    told = subprocess.run(
        ["bash", "-c", f'{block[0]}\nprintf "%s\\n" "${{demo_only[@]}}"'],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    return set(told.stdout.split())


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("drivers", "kiosk", cache_dir=None)


def test_only_what_the_real_drivers_need_is_installed_in_the_field(repository: Path, graph: grimp.ImportGraph) -> None:
    modules = {module for module in graph.modules if module.startswith("drivers.") and not graph.find_children(module)}
    real = {module for module in modules if module.rpartition(".")[2] in ("api", "real", "errors")}
    needed = real.union(*(graph.find_upstream_modules(module) for module in real))
    spare = {module.replace(".", "/") + ".py" for module in modules - needed}
    assert demo_only(repository) == spare | {"kiosk/demo"}


def test_a_room_never_imports_what_is_left_out(repository: Path, graph: grimp.ImportGraph) -> None:
    left_out = {path.removesuffix(".py").replace("/", ".") for path in demo_only(repository)} & graph.modules
    left_out |= set(chain.from_iterable(graph.find_descendants(module) for module in left_out))
    # Composition alone (kiosk/cli, kiosk/main.py and their neighbours) may name a stand-in.
    importers = {
        (importer, module)
        for module in left_out
        for importer in graph.find_modules_that_directly_import(module)
        if importer not in left_out and not importer.startswith("kiosk.cli")
        if importer.count(".") > 1 or graph.find_children(importer)
    }
    assert importers == set()


def test_composition_loads_without_what_is_left_out(repository: Path) -> None:
    composition = [*sorted(f"kiosk.{path.stem}" for path in (repository / "kiosk").glob("[!_]*.py")), "kiosk.cli"]
    blocked = sorted(path.removesuffix(".py").replace("/", ".") for path in demo_only(repository))
    program = f"""
import sys
for module in {blocked}:
    sys.modules[module] = None
import importlib
for module in {composition}:
    importlib.import_module(module)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False, cwd=repository
    )
    assert answer.returncode == 0, answer.stderr


def test_keys_are_installed_as_the_program_wants_them(repository: Path) -> None:
    # read_secret_file() refuses a key that a group or others can read.
    script = (repository / "systemd" / "install.sh").read_text()
    placed = re.findall(r'install -o (\w+) -g (\w+) -m (\d+) -t (\S+) -- "\$bundle"/(\w+)/', script)
    assert [(owner, part) for owner, _, _, _, part in placed] == [("kiosk", "kiosk"), ("uplink", "uplink")]
    assert all(int(mode, 8) & 0o077 == 0 for _, _, mode, _, _ in placed)


@pytest.mark.parametrize("runs", [True, False])
def test_an_office_that_runs_is_stopped_before_the_new_program_is_there(repository: Path, *, runs: bool) -> None:
    # Its database is brought to another layout by the first of its programs that opens it.
    script = (repository / "systemd" / "install.sh").read_text()
    functions = re.search(r"^under_systemd\(\) .*?(?=^if \[\[ \$role)", script, re.MULTILINE | re.DOTALL)
    branch = re.search(r"^else\n(    stop_office\n.*?)^fi$", script, re.MULTILINE | re.DOTALL)
    assert functions
    assert branch
    program = f"""
set -euo pipefail
target=/nowhere
systemctl() {{
    if [[ $* == *is-active* ]]; then {"true" if runs else "false"}; else echo "systemctl $*"; fi
}}
for name in place_users settle install enable_units say; do eval "$name() {{ :; }}"; done
copy_program() {{ echo "copy $*"; }}
{functions[0]}
under_systemd() {{ true; }}
{branch[1]}
"""
    told = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=10, check=True).stdout
    units = "kiosk-office.service kiosk-office-backup.timer kiosk-office-renewals.timer"
    oneshots = [f"systemctl stop kiosk-office-{name}.service" for name in ("backup", "renewals")]
    around = ([f"systemctl stop {units}", *oneshots], [f"systemctl start {units}"]) if runs else ([], [])
    assert told.splitlines() == [*around[0], "copy office", *around[1]]
