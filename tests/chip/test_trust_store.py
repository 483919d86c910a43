"""Trust stores from every kind of file that authorities hand out: each certificate is accounted for."""

import base64
import io
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.chip.trust import Entry, load_store, read_trust_file
from tests.chip.authority import EcSigner, Holder, RsaSigner, certify, master_list, revocation_list

KINDS = ("brainpoolP512r1", "secp256r1", "brainpoolP224r1")


@cache
def countries() -> tuple[Holder, ...]:
    return tuple(certify(EcSigner(curve, "sha256", explicit=True), f"signer on {curve}") for curve in KINDS)


@cache
def list_signer() -> Holder:
    return certify(RsaSigner(), "list signer", issuer=countries()[1])


def refusals(entries: list[Entry]) -> list[str]:
    return [entry.refused for entry in entries if entry.refused]


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(der), label.encode())


def test_no_folder_is_an_empty_store(tmp_path: Path) -> None:
    store, entries = load_store(tmp_path / "none")
    assert store.anchors == ()
    assert entries == []


def test_certificates_in_der_and_pem_and_revocation_lists_are_taken_in(tmp_path: Path) -> None:
    one, two, three = countries()
    (tmp_path / "one.der").write_bytes(one.der)
    (tmp_path / "more.pem").write_bytes(b"a heading\n" + pem(two.der) + pem(three.der))
    (tmp_path / "one.crl").write_bytes(revocation_list(one, [7, 8]))
    (tmp_path / "README.md").write_text("no certificate")
    store, entries = load_store(tmp_path)
    assert {anchor.der for anchor in store.anchors} == {one.der, two.der, three.der}
    assert store.lists[0].serials == {7, 8}
    assert not refusals(entries)


def test_a_master_list_gives_every_country_once_and_names_the_broken_one(tmp_path: Path) -> None:
    broken = countries()[0].der[:60] + b"\xff" * 40 + countries()[0].der[100:]
    (tmp_path / "list.ml").write_bytes(master_list([*(one.der for one in countries()), broken], list_signer()))
    (tmp_path / "again.der").write_bytes(countries()[1].der)
    store, entries = load_store(tmp_path)
    assert len(store.anchors) == len(KINDS)
    certificates = [entry for entry in entries if entry.kind == "certificate"]
    assert len(certificates) == len(KINDS) + 2
    assert len(refusals(entries)) == 1
    assert "#4" in next(entry.name for entry in entries if entry.refused)


def test_a_master_list_that_was_altered_is_refused_whole(tmp_path: Path) -> None:
    whole = master_list([countries()[0].der], list_signer())
    (tmp_path / "list.ml").write_bytes(whole.replace(b"TEST", b"TEXT", 1))
    store, entries = load_store(tmp_path)
    assert store.anchors == ()
    assert "refused whole" in refusals(entries)[0]


def test_archives_and_directory_exports_are_gone_through(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lists/list.ml", master_list([countries()[0].der], list_signer()))
    (tmp_path / "list.zip").write_bytes(packed.getvalue())
    text = base64.b64encode(countries()[1].der).decode()
    folded = text[:60] + "".join(f"\n {text[i : i + 70]}" for i in range(60, len(text), 70))
    signer = base64.b64encode(list_signer().der).decode()
    (tmp_path / "export.ldif").write_text(
        f"dn: c=VN\ncACertificate;binary:: {folded}\n\ndn: o=dsc\nuserCertificate;binary:: {signer}\n"
    )
    store, entries = load_store(tmp_path)
    assert {anchor.der for anchor in store.anchors} == {countries()[0].der, countries()[1].der}
    assert [signer.der for signer in store.signers] == [list_signer().der]
    assert not refusals(entries)


def test_a_file_that_is_nothing_known_is_named(tmp_path: Path) -> None:
    (tmp_path / "photo.der").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    store, entries = load_store(tmp_path)
    assert store.anchors == ()
    assert entries == [
        Entry("photo.der", "certificate", "photo.der", "it is no certificate whose names, dates and key can be told")
    ]


def test_a_file_packed_again_and_again_ends(tmp_path: Path) -> None:
    data = countries()[0].der
    for _ in range(7):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("inner", data)
        data = packed.getvalue()
    (tmp_path / "deep.zip").write_bytes(data)
    assert refusals(load_store(tmp_path)[1]) == ["it is packed too many times"]


@pytest.mark.parametrize("head", [b"", b"PK\x03\x04", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x82"])
def test_garbage_is_an_entry_and_never_an_exception(tmp_path_factory: pytest.TempPathFactory, head: bytes) -> None:
    folder = tmp_path_factory.mktemp("garbage")

    @given(st.binary(max_size=300))
    def check(garbage: bytes) -> None:
        path = folder / "file"
        path.write_bytes(head + garbage)
        found = read_trust_file(path)
        assert found
        assert all(entry.refused and thing is None for entry, thing in found)

    check()
