import re
import tomllib
from pathlib import Path

import pytest

LOCKS = ("demo", "field", "office", "pi", "test")


def pins_of(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ \\;]+)", lock.read_text(), re.MULTILINE))


def test_a_package_has_the_same_version_in_every_lock(repository: Path) -> None:
    # ./run goes from one to the other in the same environment, and takes the tests' packages as enough for the demo.
    versions: dict[str, set[str]] = {}
    for name in LOCKS:
        for package, version in pins_of(repository / "requirements" / f"{name}.lock").items():
            versions.setdefault(package, set()).add(version)
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_the_wider_lock_has_all_of_the_narrower(repository: Path) -> None:
    pins = {name: pins_of(repository / "requirements" / f"{name}.lock").keys() for name in LOCKS}
    assert pins["field"] | pins["office"] <= pins["demo"] <= pins["test"]
    assert pins["field"] <= pins["pi"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_its_hashes(repository: Path, name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (repository / "requirements" / f"{name}.lock").read_text(), flags=re.MULTILINE)
    assert [
        block.split()[0] for block in blocks if "==" in block.partition("\n")[0] and "--hash=sha256:" not in block
    ] == []


def test_the_locks_have_the_versions_that_the_project_pins(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        requirement
        for requirement in [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
        if not requirement.startswith("can-cuoc-kiosk")
    }
    locked = {**pins_of(repository / "requirements/test.lock"), **pins_of(repository / "requirements/pi.lock")}
    for requirement in wanted:
        name, _, version = requirement.partition(";")[0].partition("==")
        assert locked[name] == version


def test_every_direct_dependency_is_explained(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    page = (repository / "docs" / "dependencies.md").read_text()
    for extra in [project["dependencies"], *project["optional-dependencies"].values()]:
        for requirement in extra:
            assert f"`{requirement.partition('==')[0]}`" in page or requirement.startswith("can-cuoc-kiosk")


def test_every_system_package_is_explained(repository: Path) -> None:
    script = (repository / "run").read_text()
    body = script[script.index("packages_of() {") : script.index("known_to_apt() {")]
    page = (repository / "docs" / "dependencies.md").read_text()
    lists = [*re.findall(r"\+?=\(([^)]*)\)", body), *re.findall(r"printf '%s\\n' ([^;\n]*)", body)]
    packages = {word.strip('"').partition("|")[0] for words in lists for word in words.split() if "$" not in word}
    assert "pcscd" in packages
    assert [package for package in sorted(packages) if f"`{package}`" not in page] == []
