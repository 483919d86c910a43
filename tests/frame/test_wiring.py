"""What a setting of the kiosk does on its way to the one who uses it."""

import sys
from pathlib import Path

import pytest

from drivers.camera.real import CameraSettings, PicameraCamera
from kiosk.devices import open_camera
from kiosk.journey.status import Status, officer_strip
from kiosk.settings import load_kiosk_settings
from kiosk.voice.espeak import VOICES, Espeak
from kiosk.words.catalogue import Catalogue

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
    espeak = Espeak(str(program), voices={**VOICES, "vi": "vi-vn-x-south"}, deadline_s=20)
    with pytest.raises(Exception, match="wave"):
        espeak.render("xin chào", "vi", amplitude=100)
    assert "-v vi-vn-x-south " in asked.read_text()
