"""Certificates come into the trust store one by one, and each that was found is accounted for."""

import base64
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kiosk.chip.trust import load_store
from kiosk.chip.trust_import import Account, import_trust, totals
from tests.chip.authority import EcSigner, Holder, certify, master_list, revocation_list


def country(common: str = "country signer", *, explicit: bool = False) -> Holder:
    return certify(EcSigner("brainpoolP256r1", explicit=explicit), common)


def outcomes(accounts: list[Account]) -> Counter[str]:
    return Counter(account.outcome for account in accounts)


def test_every_member_of_a_master_list_is_new_known_left_out_or_refused(tmp_path: Path) -> None:
    first, second = country("one"), country("two", explicit=True)
    file, store = tmp_path / "list.ml", tmp_path / "store"
    file.write_bytes(master_list([first.der, second.der, b"\x30\x03\x02\x01\x07"], country("list signer")))
    accounts = import_trust([file], store)
    assert outcomes(accounts) == {"opened": 1, "new": 2, "refused": 1}
    assert "3 certificates; signed by" in accounts[0].reason
    assert "no certificate" in next(one.reason for one in accounts if one.outcome == "refused")
    assert totals(accounts) == {"new": 2, "known": 0, "left out": 0, "refused": 1}
    assert {one.der for one in load_store(store)[0].anchors} == {first.der, second.der}
    assert outcomes(import_trust([file, file], store)) == {"opened": 2, "known": 4, "refused": 2}


def test_only_one_country_is_taken_when_that_was_asked(tmp_path: Path) -> None:
    (tmp_path / "one.cer").write_bytes(country().der)
    (left,) = import_trust([tmp_path / "one.cer"], tmp_path / "store", country="la")
    assert (left.outcome, left.country, left.reason) == ("left out", "VN", "it is of VN, not of LA")
    assert not (tmp_path / "store").exists()
    (taken,) = import_trust([tmp_path / "one.cer"], tmp_path / "store", country="vn")
    assert (taken.outcome, taken.role) == ("new", "country signer")


def test_document_signers_and_revocation_lists_come_along(tmp_path: Path) -> None:
    root = country()
    (tmp_path / "signer.cer").write_bytes(certify(EcSigner("secp256r1"), "signer", issuer=root).der)
    (tmp_path / "list.crl").write_bytes(revocation_list(root, [7]))
    accounts = import_trust(sorted(tmp_path.glob("*.c*")), tmp_path / "store")
    assert sorted(one.kind for one in accounts) == ["certificate", "revocation list"]
    store, _ = load_store(tmp_path / "store")
    assert (len(store.signers), len(store.lists)) == (1, 1)
    assert outcomes(import_trust(sorted(tmp_path.glob("*.c*")), tmp_path / "store")) == {"known": 2}


def test_a_part_that_is_cut_off_is_told_beside_the_whole_ones(tmp_path: Path) -> None:
    body = base64.encodebytes(country().der)
    whole = b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"
    (tmp_path / "two.pem").write_bytes(whole + b"-----BEGIN CERTIFICATE-----\n" + body[:99])
    accounts = import_trust([tmp_path / "two.pem"], None)
    assert outcomes(accounts) == {"new": 1, "refused": 1}
    assert "cut off" in accounts[1].reason


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_tells_each_and_counts_them(tmp_path: Path, as_json: bool) -> None:
    (tmp_path / "one.cer").write_bytes(country().der)
    (tmp_path / "text.cer").write_text("no certificate")
    words = [
        tmp_path / "one.cer",
        tmp_path / "text.cer",
        "--into",
        tmp_path / "store",
        *(["--json"] if as_json else []),
    ]
    told = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "check", "trust", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 1
    assert [path.name[:3] for path in (tmp_path / "store").iterdir()] == ["VN-"]
    if as_json:
        *accounts, counts = [json.loads(line) for line in told.stdout.splitlines()]
        assert [one["outcome"] for one in accounts] == ["new", "refused"]
        assert counts == {"in_all": 2, "new": 1, "known": 0, "left out": 0, "refused": 1}
    else:
        assert "country signer" in told.stdout
        assert "refused" in told.stdout
