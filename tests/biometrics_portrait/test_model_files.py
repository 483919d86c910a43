"""The nets' files: taken from their package by hash, and missed with a sentence."""

import zipfile
from pathlib import Path

import pytest

from kiosk.biometrics.portrait import ModelsMissing
from kiosk.biometrics.portrait.models import ALL, FOLDER, MESH, open_net
from kiosk.biometrics.portrait.taking import main, take


def package(path: Path, *, broken: str = "", without: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for model in ALL:
            if model.name != without:
                content = b"another" if model.name == broken else (FOLDER / model.name).read_bytes()
                archive.writestr(f"somewhere/{model.name}", content)
        archive.writestr("some-1.0.dist-info/LICENSE", "Apache")
        archive.writestr("somewhere/face_landmark_with_attention.tflite", b"not wanted")
    return path


def test_exactly_the_wanted_files_are_taken_and_open(tmp_path: Path) -> None:
    take(package(tmp_path / "a.whl"), tmp_path / "models")
    assert {one.name for one in (tmp_path / "models").iterdir()} == {"LICENSE", *(model.name for model in ALL)}
    for model in ALL:
        open_net(model, tmp_path / "models")


@pytest.mark.parametrize("fault", [{"broken": MESH.name}, {"without": MESH.name}])
def test_another_release_of_the_package_is_refused_whole(tmp_path: Path, fault: dict[str, str]) -> None:
    with pytest.raises(ModelsMissing, match=MESH.name):
        take(package(tmp_path / "a.whl", **fault), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_what_is_no_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.whl").write_bytes(b"no archive")
    assert main([str(tmp_path / "a.whl")]) == 1
    assert "fetch it anew" in capsys.readouterr().err
    assert main([]) == 1


def test_a_missing_or_changed_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match=r"run \./run prepare"):
        open_net(MESH, tmp_path)
    (tmp_path / MESH.name).write_bytes(b"changed")
    with pytest.raises(ModelsMissing, match=r"delete it and run"):
        open_net(MESH, tmp_path)
