import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.camera.real import CameraSettings
from kiosk.settings import (
    Camera,
    KioskSettings,
    OfficeSettings,
    SettingsError,
    load_kiosk_settings,
    load_office_settings,
)

IDENTITY = '[kiosk]\nkiosk_id = "kiosk-01"\nprovince = "ha-tinh"\ncommune = "thach-kenh"\n'
DEMO = IDENTITY + 'mode = "demo"\n'


def load(folder: Path, text: str | bytes) -> KioskSettings:
    path = folder / "kiosk.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_kiosk_settings(path)


def problems(folder: Path, text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return caught.value.problems


def test_the_documented_kiosk_defaults_are_the_ones_in_the_code(repository: Path) -> None:
    documented = load_kiosk_settings(repository / "config" / "kiosk.toml")
    assert documented == KioskSettings(documented.kiosk)


def test_the_documented_office_defaults_are_the_ones_in_the_code(repository: Path) -> None:
    documented = load_office_settings(repository / "config" / "office.toml")
    assert documented == OfficeSettings(documented.office)


@pytest.mark.parametrize(("file", "settings_class"), [("kiosk", KioskSettings), ("office", OfficeSettings)])
def test_every_setting_is_documented(repository: Path, file: str, settings_class: type) -> None:
    text = (repository / "config" / f"{file}.toml").read_text()
    written = tomllib.loads(
        text.replace("\n# pictures =", "\npictures =")
        .replace("\n# profile =", "\nprofile =")
        .replace("\n# baud =", "\nbaud =")
        .replace("\n# wake =", "\nwake =")
        .replace("\n# bundle =", "\nbundle =")
        .replace("\n# yes_key =", "\nyes_key =")
        .replace("\n# no_key =", "\nno_key =")
    )
    for section in dataclasses.fields(settings_class):
        hint = section.type
        assert isinstance(hint, type)
        assert {name.name for name in dataclasses.fields(hint)} == written[section.name].keys()


def test_only_the_name_of_the_kiosk_must_be_given(tmp_path: Path) -> None:
    assert load(tmp_path, IDENTITY).journey.idle_after_s == 180.0


def test_a_missing_identity_names_each_missing_line(tmp_path: Path) -> None:
    told = problems(tmp_path, "")
    assert [line.split(":")[0] for line in told] == ["kiosk.kiosk_id", "kiosk.province", "kiosk.commune"]


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        IDENTITY + '[display]\nwidth_pxx = 3\nheight_px = "tall"\n[journey]\ntries_per_finger = 99\n[cammera]\n',
    )
    assert told == (
        "line 10: cammera: unknown section (did you mean camera?)",
        "line 6: display.width_pxx: unknown key (did you mean width_px?)",
        "line 7: display.height_px: 'tall' is not a whole number",
        "line 9: journey.tries_per_finger: 99 is not a whole number from 1 to 20",
    )


@pytest.mark.parametrize(
    ("section", "line", "told"),
    [
        ("voice", "enabled = 1", "voice.enabled: 1 is not true or false"),
        ("journey", "idle_after_s = true", "journey.idle_after_s: True is not a number from 1 to 3600"),
        ("journey", "idle_after_s = nan", "journey.idle_after_s: nan is not a number from 1 to 3600"),
        ("journey", 'language = "fr"', "journey: language is 'fr'; there is: vi, en"),
        ("paths", 'outbox = "var/outbox"', "paths.outbox: 'var/outbox' is not an absolute path in \"quotes\""),
        ("uplink", "broker_port = 0", "uplink.broker_port: 0 is not a whole number from 1 to 65535"),
        ("uplink", 'broker_host = "two words"', "uplink.broker_host: 'two words' is not a host name or an IP address"),
        ("panel", "tamper = 17", "panel: two parts share a pin (17, 18, 27, 17); give each its own"),
        ("panel", "wake = 18", "panel: two parts share a pin (17, 18, 27, 22, 18); give each its own"),
        ("panel", "wake = 1", "panel.wake: 1 is not a whole number from 2 to 27"),
        ("camera", "rotation_deg = 45", "camera.rotation_deg: 45 is not one of 0, 90, 180, 270"),
        ("camera", "rotation_deg = 90.0", "camera.rotation_deg: 90.0 is not one of 0, 90, 180, 270"),
        ("camera", "rotation_deg = false", "camera.rotation_deg: False is not one of 0, 90, 180, 270"),
        ("camera", "still_width_px = 4607", "camera: a size of 4607 pixels is odd; give an even number"),
        ("camera", "preview_height_px = 2600", "camera: the preview is larger than the still"),
        ("voice", "volume = 5", "voice.volume: 5 is not a whole number from 1 to 4"),
        ("display", "panel_width_mm = 100.0", "display: 12.80 px/mm across but 5.88 px/mm along"),
        ("camera", 'driver = "fake"', 'camera.driver: \'fake\' is not one of "real", "simulated"'),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(tmp_path: Path, section: str, line: str, told: str) -> None:
    (problem,) = problems(tmp_path, f"{IDENTITY}[{section}]\n{line}\n")
    assert told in problem
    assert problem.startswith("line ")


def test_a_value_where_a_section_belongs_is_told(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"voice = 3\n{IDENTITY}")
    assert problem == "line 1: voice: 3 stands where a section [voice] is needed"


def test_whole_numbers_do_for_seconds(tmp_path: Path) -> None:
    assert load(tmp_path, f"{IDENTITY}[journey]\nidle_after_s = 90\n").journey.idle_after_s == 90.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[kiosk]\nkiosk_id = kiosk-01\n", "line 2: not TOML: Invalid value (column 12)"),
        ("[kiosk]\n\nkiosk_id = [\n\n", "line 3: not TOML: Invalid value (at end of document)"),
        ("a = 1\n[x]\n[x]\n", "line 3: not TOML: Cannot declare ('x',) twice (column 3)"),
        ("[kiosk]\nkiosk_id 1\n", "line 2: not TOML: Expected '=' after a key in a key/value pair (column 10)"),
    ],
)
def test_what_is_no_toml_is_told_whole_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text) == (told,)


def test_text_is_taken_in_composed_form(tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    path.write_text('[office]\nname = "Ha\u0300 Ti\u0303nh"\nprovince = "ha-tinh"\n')
    assert load_office_settings(path).office.name == "H\u00e0 T\u0129nh"


@pytest.mark.parametrize(
    ("section", "line"),
    [
        *((device, 'driver = "simulated"') for device in ("camera", "fingerprint", "card", "panel", "power", "sound")),
        ("camera", 'pictures = "/srv/pictures"'),
        ("fingerprint", 'port = "/dev/pts/3"'),
        ("power", 'root = "/tmp/power"'),
        ("card", 'reader = "Virtual PCD 00 00"'),
    ],
)
def test_what_belongs_to_a_demo_is_refused_in_the_field(tmp_path: Path, section: str, line: str) -> None:
    setting = f"{section}.{line.split(' ', maxsplit=1)[0]}"
    (problem,) = problems(tmp_path, f"{IDENTITY}[{section}]\n{line}\n")
    assert problem.startswith(setting)
    load(tmp_path, f"{DEMO}[{section}]\n{line}\n")


def test_a_file_that_is_not_there_or_no_text_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_kiosk_settings(tmp_path / "nothing.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_kiosk_settings(tmp_path)
    assert "not UTF-8" in problems(tmp_path, b"\xff\xfe")[0]
    assert "larger than" in problems(tmp_path, b"#" * 1_000_001)[0]


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 20_000, "a = " + "9" * 5_000, "a = ", '[kiosk]\nkiosk_id = "\0"', "[a.b]\n[a]\nb=1"]
)
def test_strange_toml_is_told_and_nothing_else_is_raised(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_SECTIONS = tuple(section.name for section in dataclasses.fields(KioskSettings))
_KEYS = tuple(
    key.name
    for section in dataclasses.fields(KioskSettings)
    if isinstance(section.type, type)
    for key in dataclasses.fields(section.type)
)


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{_toml(str(key))} = {_toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return (
                '"' + "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000) + '"'
            )
        case _:
            return str(value).replace("None", '""')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(_SECTIONS), st.sampled_from(_KEYS) | st.text(max_size=9), _VALUES), max_size=4)
)
def test_whatever_the_file_says_it_loads_or_is_told(tmp_path: Path, entries: list[tuple[str, str, object]]) -> None:
    text = "\n".join(f"{section}.{_toml(key)} = {_toml(value)}" for section, key, value in entries)
    try:
        load(tmp_path, text)
    except SettingsError as error:
        assert error.problems  # noqa: PT017 - both ways are right, a third one is not


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_garbage_is_told(tmp_path: Path, garbage: bytes) -> None:
    assert problems(tmp_path, garbage)


def test_the_cameras_settings_are_those_of_its_driver() -> None:
    driver = {one.name: one.default for one in dataclasses.fields(CameraSettings)}
    ours = {one.name: one.default for one in dataclasses.fields(Camera) if one.name not in {"driver", "pictures"}}
    assert ours == driver


def test_every_setting_is_read_by_something(repository: Path) -> None:
    # A documented setting that nothing reads is a lie.
    sources = [
        path.read_text()
        for folder in (repository / "kiosk", repository / "drivers")
        for path in folder.rglob("*.py")
        if path != repository / "kiosk" / "settings.py"
    ]
    unread = [
        f"{section.name}.{key.name}"
        for settings_class in (KioskSettings, OfficeSettings)
        for section in dataclasses.fields(settings_class)
        if isinstance(section.type, type)
        for key in dataclasses.fields(section.type)
        if not any(re.search(rf"\.{key.name}\b", source) for source in sources)
    ]
    assert unread == []
