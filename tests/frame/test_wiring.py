"""What a setting of the kiosk does on its way to the one who uses it."""

import os
import stat
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.camera.real import CameraSettings, PicameraCamera
from drivers.camera.simulated import SimulatedCamera
from drivers.errors import DeviceMissing
from drivers.panel.real import GpioWakeWire
from drivers.panel.simulated import SimulatedPanel
from kiosk.devices import open_camera, open_devices
from kiosk.journey.status import Status, officer_strip
from kiosk.office.layout import OfficeLayout
from kiosk.office.ownership import hand_over
from kiosk.office.provisioning import init_office
from kiosk.settings import load_kiosk_settings
from kiosk.voice.espeak import Espeak, voices_of
from kiosk.words.catalogue import Catalogue
from tests.runtime.stage import grey_scene

IDENTITY = '[kiosk]\nkiosk_id = "kiosk-01"\nprovince = "ha-tinh"\ncommune = "thach-kenh"\n'


def test_the_camera_is_opened_as_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(IDENTITY + "[camera]\nnumber = 1\nrotation_deg = 90\npreview_width_px = 800\nmains_hz = 60\n")
    seen: list[CameraSettings] = []

    class Camera(PicameraCamera):
        def __init__(self, settings: CameraSettings) -> None:
            seen.append(settings)
            super().__init__(settings)

    monkeypatch.setattr("drivers.camera.real.PicameraCamera", Camera)
    open_camera(load_kiosk_settings(path))
    assert seen == [CameraSettings(number=1, rotation_deg=90, preview_width_px=800, mains_hz=60)]


@pytest.mark.parametrize("wired", [True, False])
def test_the_sensor_listens_to_the_touch_wire_that_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wired: bool
) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(
        IDENTITY
        + 'mode = "demo"\n[panel]\ndriver = "simulated"\n'
        + ("wake = 23\n" if wired else "")
        + '[sound]\ndriver = "simulated"\n[camera]\ndriver = "simulated"\n'
        + f'pictures = "{tmp_path}"\n[fingerprint]\ndriver = "simulated"\nport = "{tmp_path / "port"}"\n'
    )
    listening: list[GpioWakeWire | None] = []

    def opened(_port: str, *, touch: GpioWakeWire | None, **_others: object) -> None:
        listening.append(touch)
        raise DeviceMissing("there is none")

    monkeypatch.setattr("drivers.fingerprint.real.open_sensor", opened)
    monkeypatch.setattr("kiosk.devices.open_camera", lambda _settings: SimulatedCamera(grey_scene()))
    with ExitStack() as stack:
        devices = open_devices(load_kiosk_settings(path), stack)
        with pytest.raises(DeviceMissing):
            devices.sensor.wait_for_lift(1.0)
        (wire,) = listening
        assert (wire is not None) is wired
        if wire is not None:
            assert isinstance(devices.panel, SimulatedPanel)
            devices.panel.touch_glass()
            assert wire.wait(60)


def test_a_low_battery_is_the_first_word_on_the_officers_strip() -> None:
    catalogue = Catalogue.load("vi")
    told = officer_strip(Status(battery_percent=12, on_mains=False, battery_low=True), catalogue)
    assert told.startswith("Pin yếu, còn 12%.")
    assert "Pin yếu" not in officer_strip(Status(battery_percent=80, on_mains=False), catalogue)


def test_the_chosen_voice_is_the_one_that_speaks(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "espeak"
    program.write_text(f"#!{sys.executable}\nimport sys\nopen({str(asked)!r}, 'w').write(' '.join(sys.argv[1:]))\n")
    program.chmod(0o755)
    espeak = Espeak(str(program), voices=voices_of("vi-vn-x-south"), deadline_s=20)
    with pytest.raises(Exception, match="wave"):
        espeak.render("xin chào", "vi", amplitude=100)
    assert "-v vi-vn-x-south " in asked.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_writes_for_an_office_belongs_to_each_folders_user(tmp_path: Path) -> None:
    layout = OfficeLayout(tmp_path)
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["kiosk-tk-01"])
    for folder, owner in ((layout.broker, (0, 4001)), (layout.collector, (4002, 4002)), (layout.opening, (4003, 4003))):
        os.chown(folder, *owner)
        hand_over(layout)
        files = [path for path in folder.iterdir() if path.is_file()]
        assert files
        assert {(path.stat().st_uid, path.stat().st_gid) for path in files} == {owner}
    assert stat.S_IMODE((layout.broker / "broker.key").stat().st_mode) == 0o640
    assert stat.S_IMODE((layout.collector / "receipt.key").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_second_name_of_anothers_file_is_not_given_away(tmp_path: Path) -> None:
    init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=["kiosk-tk-01"])
    layout = OfficeLayout(tmp_path / "office")
    (tmp_path / "secret").touch()
    (layout.collector / "trap").hardlink_to(tmp_path / "secret")
    (layout.collector / "link").symlink_to(tmp_path / "secret")
    os.chown(layout.collector, 4002, 4002)
    hand_over(layout)
    assert (tmp_path / "secret").stat().st_uid == 0
