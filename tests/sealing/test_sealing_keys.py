"""Key files are for one user alone, and a damaged or wrong one is named."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from kiosk.sealing.errors import KeyFileError
from kiosk.sealing.keyfiles import key_id
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import CLASSICAL, HYBRID, SUITES, OpeningKey, SealingKey, best_suite


@pytest.fixture(scope="module")
def office_keys() -> OfficeKeys:
    recipients = Recipients(OpeningKey.generate().public, OpeningKey.generate().public)
    return OfficeKeys(recipients, SigningKey.generate().public)


def test_a_signing_key_comes_back_from_its_file(tmp_path: Path) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "sign.pem")

    assert SigningKey.load(tmp_path / "sign.pem").public == key.public
    assert stat.S_IMODE((tmp_path / "sign.pem").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["sign.pem"]


@pytest.mark.parametrize("suite", SUITES)
def test_an_opening_key_comes_back_from_its_file(tmp_path: Path, suite: str) -> None:
    key = OpeningKey.generate(suite)
    key.save(tmp_path / "open.pem")
    back = OpeningKey.load(tmp_path / "open.pem")

    assert back.suite == suite
    assert back.public == key.public
    assert back.open(key.public.seal(b"x", b"info"), b"info") == b"x"


def test_without_ml_kem_the_classical_suite_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> MLKEM768PrivateKey:
        raise UnsupportedAlgorithm("no ML-KEM in this build")

    assert OpeningKey.generate().suite == best_suite() == HYBRID
    monkeypatch.setattr(MLKEM768PrivateKey, "generate", missing)
    assert OpeningKey.generate().suite == best_suite() == CLASSICAL


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sign.pem"
    SigningKey.generate().save(path)
    path.chmod(0o640)

    with pytest.raises(KeyFileError, match="other users"):
        SigningKey.load(path)


def test_a_missing_damaged_or_wrong_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.pem"
    with pytest.raises(KeyFileError, match=r"some\.pem"):
        SigningKey.load(path)
    path.touch(mode=0o600)
    for content in (b"", b"rubbish", b"-----BEGIN " + b"PRIVATE KEY-----\nAAAA\n"):
        path.write_bytes(content)
        with pytest.raises(KeyFileError):
            SigningKey.load(path)
        with pytest.raises(KeyFileError):
            OpeningKey.load(path)
    SigningKey.generate().save(path)
    with pytest.raises(KeyFileError, match="another kind"):
        OpeningKey.load(path)
    OpeningKey.generate(CLASSICAL).save(path)
    with pytest.raises(KeyFileError, match="another kind"):
        SigningKey.load(path)


def test_a_key_does_not_show_itself_when_printed() -> None:
    key = SigningKey.generate()

    assert key.secret.private_bytes_raw().hex() not in repr(key)
    assert "PrivateKey" not in repr(key) + repr(OpeningKey.generate())


def test_the_office_keys_come_back_from_their_file(tmp_path: Path, office_keys: OfficeKeys) -> None:
    office_keys.save(tmp_path / "office-keys.json")

    assert OfficeKeys.load(tmp_path / "office-keys.json") == office_keys
    assert stat.S_IMODE((tmp_path / "office-keys.json").stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["summary", "body", "receipt"])
def test_office_keys_with_one_changed_key_are_refused(office_keys: OfficeKeys, name: str) -> None:
    keys: Any = json.loads(office_keys.to_json())
    keys[name]["kid"] = "0" * 16
    with pytest.raises(KeyFileError, match="key id"):
        OfficeKeys.from_json(json.dumps(keys))
    del keys[name]
    with pytest.raises(KeyFileError):
        OfficeKeys.from_json(json.dumps(keys))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v": 2}', '{"v": 1, "summary": 5}', "\xff"])
def test_office_keys_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(KeyFileError):
        OfficeKeys.from_json(text)


def test_recipients_of_two_suites_do_not_go_together() -> None:
    with pytest.raises(KeyFileError, match="same suite"):
        Recipients(OpeningKey.generate(HYBRID).public, OpeningKey.generate(CLASSICAL).public)


@pytest.mark.parametrize("suite", SUITES)
def test_a_public_key_of_a_wrong_length_is_refused(suite: str) -> None:
    with pytest.raises(KeyFileError, match="bytes"):
        SealingKey(suite, b"short")


def test_a_key_id_is_the_beginning_of_the_keys_hash() -> None:
    assert key_id(b"") == "e3b0c44298fc1c14"
