import tomllib
from pathlib import Path

#: Rooms that end up in a process of their own and talk to systemd there.
TALK_TO_SYSTEMD = {"runtime", "uplink", "office"}


def test_no_room_may_import_the_composition_around_it(repository: Path) -> None:
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    composition = {f"kiosk.{path.stem}" for path in (repository / "kiosk").glob("[!_]*.py")} | {"kiosk.cli"}
    rooms = {path.parent.name for path in (repository / "kiosk").glob("*/__init__.py")} - {"demo", "cli"}
    named = {contract["id"]: set(contract["forbidden_modules"]) for contract in contracts}
    assert rooms <= named.keys()
    for room in rooms:
        allowed = {"kiosk.notify"} if room in TALK_TO_SYSTEMD else set[str]()
        assert composition - allowed <= named[room], room
