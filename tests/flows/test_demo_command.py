"""`kiosk demo` as a person types it: what it says, what it leaves, and what it never writes anywhere."""

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from drivers.card.pcscd import ensure_pcscd, why_not
from drivers.errors import DeviceMissing
from kiosk.cli import main
from kiosk.demo.people import people
from kiosk.demo.village import VillageError, build_village
from tests.flows.story import personal

#: A run that takes longer than this hangs.
RUN_S = 200.0
RECEIVED = re.compile(r"^enrolment ([0-9a-f-]{36}) received by the office, receipt (\d+)$", re.MULTILINE)


def demo(out: Path, *options: str) -> "subprocess.Popen[str]":
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-m", "kiosk.cli", "demo", "--headless", "--out", str(out), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(village: str) -> dict[int, str]:
    """Every process whose command line names this village's folder."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if village in words:
            found[int(folder.name)] = words
    return found


class Watcher:
    """Looks again and again at what processes of the village say of themselves to everybody."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.lines: list[str] = []
        self.arguments: set[str] = set()
        self._process = process

    @property
    def village(self) -> str:
        """The village's folder, once it has said so."""
        found = re.search(r"^village in (\S+);", "".join(self.lines), re.MULTILINE)
        return found[1] if found else "/nowhere"

    def read(self) -> str:
        """Read what the command says, to its end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            self.arguments |= set(processes_of(self.village).values())
        return "".join(self.lines)


@pytest.mark.pcsc
@pytest.mark.screen
@pytest.mark.timeout(400)
def test_one_citizen_is_enrolled_and_nothing_personal_is_written_anywhere(tmp_path: Path) -> None:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    # Another test may hold the reader for a while: the command itself waits less long.
    try:
        ensure_pcscd(150.0).close()
    except DeviceMissing as error:
        if "only root may start it" in str(error):
            pytest.skip(str(error))
        raise
    out = tmp_path / "out"
    person = people()[0]

    process = demo(out, "--citizens", "1", "--panel", "800x480")
    watcher = Watcher(process)
    hurry = threading.Timer(RUN_S, process.kill)
    hurry.start()
    try:
        words = watcher.read()
        code = process.wait(10)
    finally:
        hurry.cancel()
        process.kill()
        errors = process.communicate()[1]

    assert (code, errors) == (0, ""), words
    (received,) = RECEIVED.findall(words)
    assert received[1] == "1"
    shown = re.findall(r"\d{3}-[a-z._]+\.png", words)
    assert shown
    for name in shown:
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    assert len(watcher.arguments) >= 3
    assert_gone(watcher.village)

    forbidden = personal(person)
    for log in out.glob("*.log"):
        found = log.read_text(encoding="utf-8", errors="strict")
        assert found, f"{log.name} is empty"
        assert not [text for text in forbidden if text in found], log.name
    assert not [text for text in forbidden for words in watcher.arguments if text in words]


def assert_gone(village: str) -> None:
    """The village's processes have ended and its folder is away."""
    deadline_s = time.monotonic() + 5
    while processes_of(village) and time.monotonic() < deadline_s:
        threading.Event().wait(0.05)
    assert processes_of(village) == {}
    assert not Path(village).exists()


def test_a_missing_broker_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("kiosk.office.broker.find_mosquitto", lambda: None)
    monkeypatch.setattr("sys.argv", ["kiosk", "demo", "--headless", "--out", str(tmp_path / "out")])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "demo: mosquitto is not installed; on Debian: apt install mosquitto\n"


def test_a_folder_that_cannot_be_made_is_one_clear_line() -> None:
    process = demo(Path("/proc/here"))
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (2, "demo: cannot write to /proc/here: No such file or directory\n")


def test_a_folder_with_other_files_is_left_alone_and_one_of_a_running_demo_too(tmp_path: Path) -> None:
    holiday = tmp_path / "holiday.png"
    holiday.write_bytes(b"a picture of somebody's own")
    with (
        pytest.raises(VillageError, match="holds other files"),
        build_village(tmp_path, citizens=1, play=True, say=lambda _line: None),
    ):
        pass
    assert holiday.read_bytes() == b"a picture of somebody's own"
    mine = tmp_path / "mine"
    with build_village(mine, citizens=1, play=True, say=lambda _line: None):
        (mine / "001-welcome.png").write_bytes(b"")
        with (
            pytest.raises(VillageError, match="in use by another demo"),
            build_village(mine, citizens=1, play=True, say=lambda _line: None),
        ):
            pass
        assert (mine / "001-welcome.png").exists()
    with build_village(mine, citizens=1, play=True, say=lambda _line: None):
        assert not (mine / "001-welcome.png").exists()


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        (
            "--panel",
            "640x480",
            "demo: there is no panel '640x480'; choose one of 1280x800, 1024x600, 800x480, 720x1280\n",
        ),
        ("--language", "fr", "demo: there is no language 'fr'; choose one of vi, en\n"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_clear_line(tmp_path: Path, option: str, value: str, line: str) -> None:
    process = demo(tmp_path / "out", option, value)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (2, line)
    assert not (tmp_path / "out").exists()
