"""Security objects and master lists that OpenSSL has signed: the forms that issuers' own software gives them."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, cms

from kiosk.chip import tlv
from kiosk.chip.certificates import read_certificate
from kiosk.chip.passive import PassiveAuthentication, authenticate
from kiosk.chip.trust import TrustStore, make_store, read_trust_file
from kiosk.chip.verdict import Verdict
from tests.chip.authority import RsaSigner, certify, security_object

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")

GROUPS = {1: b"\x61\x03one", 2: b"\x75\x03two", 14: b"\x6e\x03six"}
LDS_OBJECT, MASTER_LIST = "2.23.136.1.1.1", "2.23.136.1.1.2"
YES = (Verdict.YES, Verdict.YES, Verdict.YES)


@dataclass(frozen=True)
class Issuer:
    """Certificate and key files of a country signer and of its document signer."""

    folder: Path
    root: Path
    signer: Path
    key: Path

    def store(self) -> TrustStore:
        return make_store([read_certificate(der_of(self.root))])


def openssl(*arguments: object) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def der_of(pem: Path) -> bytes:
    return openssl("x509", "-in", pem, "-outform", "DER")


KEYS = {
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "ec": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "explicit": (
        *("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1", "-pkeyopt", "ec_param_enc:explicit"),
    ),
    "pss key": ("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Issuer]:
    made: dict[tuple[str, bool, str], Issuer] = {}

    def make(kind: str, *, key_id: bool = True, common: str = "document signer") -> Issuer:
        if (kind, key_id, common) not in made:
            made[kind, key_id, common] = make_issuer(tmp_path_factory.mktemp("issuer"), kind, key_id, common)
        return made[kind, key_id, common]

    return make


def make_issuer(folder: Path, kind: str, key_id: bool, common: str) -> Issuer:
    root_key, root, key, signer = (folder / name for name in ("root.key", "root.pem", "signer.key", "signer.pem"))
    request, extensions = folder / "request.pem", folder / "extensions"
    for file in (root_key, key):
        file.write_bytes(openssl("genpkey", *KEYS[kind]))
    subject = ("-subj", f"/C=UT/O=Utopia/CN=country signer of {kind}")
    openssl("req", "-x509", "-new", "-key", root_key, "-sha256", "-days", "3650", *subject, "-out", root)
    openssl("req", "-new", "-key", key, "-sha256", "-subj", f"/C=UT/O=Utopia/CN={common}", "-out", request)
    extensions.write_text(f"subjectKeyIdentifier={'hash' if key_id else 'none'}\nbasicConstraints=CA:FALSE\n")
    by = ("-CA", root, "-CAkey", root_key, "-CAcreateserial", "-extfile", extensions)
    openssl("x509", "-req", "-in", request, "-sha256", "-days", "3650", *by, "-out", signer)
    explicit = b"prime-field" in openssl("x509", "-in", signer, "-noout", "-text").lower()
    assert explicit == (kind == "explicit")
    return Issuer(folder, root, signer, key)


def lds_object(digest: str = "sha256", *, version: int = 0, null: bool = True) -> bytes:
    """Write the hashes; version 1 has the LDS version 1.8 behind them (Doc 9303-10, D.1)."""
    listed = b"".join(
        tlv.encode(0x30, tlv.encode(0x02, bytes([number])) + tlv.encode(0x04, hashlib.new(digest, data).digest()))
        for number, data in sorted(GROUPS.items())
    )
    name = algos.DigestAlgorithmId(digest).dump() + (b"\x05\x00" if null else b"")
    content = tlv.encode(0x02, bytes([version])) + tlv.encode(0x30, name) + tlv.encode(0x30, listed)
    if version:
        content += tlv.encode(0x30, tlv.encode(0x13, b"0108") + tlv.encode(0x13, b"040000"))
    return tlv.encode(0x30, content)


def sign(issuer: Issuer, content: bytes, *options: object, kind: str = LDS_OBJECT, md: str = "sha256") -> bytes:
    given = issuer.folder / "content"
    given.write_bytes(content)
    by = ("-signer", issuer.signer, "-inkey", issuer.key)
    how = ("-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-econtent_type", kind, "-md", md)
    return openssl("cms", "-sign", "-in", given, *how, *by, *options)


def seal_of(signed: bytes) -> bytes:
    return bytes(cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signature"].native)


def judge(cms_der: bytes, store: TrustStore) -> PassiveAuthentication:
    return authenticate(tlv.encode(0x77, cms_der), GROUPS, store, at=datetime.now(UTC))


def verdicts(found: PassiveAuthentication) -> tuple[Verdict, Verdict, Verdict]:
    return found.unmodified.verdict, found.signature.verdict, found.chain.verdict


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rsa", ()),
        ("rsa", ("-keyid",)),
        ("rsa", ("-noattr",)),
        ("rsa", ("-indef", "-stream")),
        ("rsa", ("-keyopt", "rsa_padding_mode:pss")),
        ("rsa", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0")),
        ("rsa", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha1")),
        ("pss key", ("-keyopt", "rsa_padding_mode:pss")),
        ("ec", ()),
        ("ec", ("-keyid",)),
        ("ec", ("-noattr",)),
        ("ec", ("-indef", "-stream")),
        ("explicit", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_security_object_is_proven_in_every_form(
    issuer: Callable[..., Issuer], kind: str, options: tuple[str, ...]
) -> None:
    own = issuer(kind)
    signed = sign(own, lds_object(), *options)
    assert verdicts(judge(signed, own.store())) == YES
    assert signed.startswith(b"\x30\x80") == ("-indef" in options)
    seal = seal_of(signed)
    spoilt = signed.replace(seal, seal[:-1] + bytes([seal[-1] ^ 1]))
    assert judge(spoilt, own.store()).signature.verdict is Verdict.NO


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_every_digest_of_the_standard_is_known(issuer: Callable[..., Issuer], kind: str, digest: str) -> None:
    own = issuer(kind)
    content = lds_object(digest, version=1, null=kind == "rsa")
    found = judge(sign(own, content, md=digest), own.store())
    assert verdicts(found) == YES
    assert found.digest == digest


@pytest.mark.parametrize("options", [("-nocerts",), ("-nocerts", "-keyid")])
@pytest.mark.parametrize("key_id", [True, False])
def test_a_signer_that_does_not_come_along_is_found_by_either_name(
    issuer: Callable[..., Issuer], options: tuple[str, ...], key_id: bool
) -> None:
    own = issuer("ec", key_id=key_id) if key_id or "-keyid" not in options else issuer("ec")
    signed = sign(own, lds_object(), *options)
    alone = judge(signed, own.store())
    assert alone.signature.verdict is Verdict.NOT_CHECKABLE
    assert alone.unmodified.verdict is Verdict.YES
    known = make_store(own.store().anchors, signers=[read_certificate(der_of(own.signer))])
    assert verdicts(judge(signed, known)) == YES


def test_a_key_named_by_its_hash_is_found_though_its_certificate_does_not_state_it() -> None:
    root = certify(RsaSigner(), "country signer")
    holder = certify(RsaSigner(), "document signer", issuer=root)
    signed = cms.ContentInfo.load(tlv.only(security_object(GROUPS, holder), 0x77, what="SOD"))
    read = read_certificate(holder.der)
    assert read.key_id != read.key_sha1
    info = signed["content"]["signer_infos"][0]
    info["sid"] = cms.SignerIdentifier(name="subject_key_identifier", value=read.key_sha1)
    other = certify(RsaSigner(), "somebody else", issuer=root)
    signed["content"]["certificates"].append(other.certificate)
    found = authenticate(
        tlv.encode(0x77, signed.dump(force=True)),
        GROUPS,
        make_store([read_certificate(root.der)]),
        at=datetime.now(UTC),
    )
    assert verdicts(found) == YES


def test_of_two_signatures_the_one_that_leads_to_a_known_country_counts(issuer: Callable[..., Issuer]) -> None:
    own, other = issuer("ec"), issuer("rsa", common="another signer")
    signed = sign(own, lds_object(), "-signer", other.signer, "-inkey", other.key)
    for one in (own, other):
        found = judge(signed, one.store())
        assert verdicts(found) == YES
        assert found.signer == read_certificate(der_of(one.signer)).subject
    neither = judge(signed, make_store([]))
    assert neither.signature.verdict is Verdict.YES
    assert neither.chain.cause == "no_anchor"


def test_attributes_out_of_order_are_taken_as_they_came_or_sorted(issuer: Callable[..., Issuer]) -> None:
    own = issuer("ec")
    signed = sign(own, lds_object())
    attributes = cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signed_attrs"]
    parts = [attribute.dump() for attribute in attributes]
    assert len(parts) > 2
    turned = signed.replace(b"".join(parts), b"".join(reversed(parts)))
    assert turned != signed
    assert verdicts(judge(turned, own.store())) == YES
    assert judge(turned.replace(parts[-1], parts[-1][:-1] + b"\0"), own.store()).signature.verdict is Verdict.NO


def test_a_pkcs1_signature_without_null_behind_its_digest_is_known(issuer: Callable[..., Issuer]) -> None:
    own = issuer("rsa")
    content = lds_object()
    name = tlv.encode(0x30, algos.DigestAlgorithmId("sha256").dump())
    stated = tlv.encode(0x30, name + tlv.encode(0x04, hashlib.sha256(content).digest()))
    given = own.folder / "stated"
    given.write_bytes(stated)
    seal = openssl("pkeyutl", "-sign", "-inkey", own.key, "-in", given)
    signed = sign(own, content, "-noattr")
    usual = seal_of(signed)
    assert verdicts(judge(signed.replace(usual, seal), own.store())) == YES
    assert judge(signed.replace(usual, bytes(len(seal))), own.store()).signature.verdict is Verdict.NO


def test_signed_data_about_another_kind_of_content_is_no_security_object(issuer: Callable[..., Issuer]) -> None:
    own = issuer("ec")
    found = judge(sign(own, lds_object(), kind="1.2.840.113549.1.7.1"), own.store())
    assert verdicts(found) == (Verdict.NOT_CHECKABLE,) * 3


@pytest.mark.parametrize("options", [(), ("-keyid",), ("-indef", "-stream"), ("-nocerts",)])
def test_a_master_list_gives_each_of_its_certificates(
    issuer: Callable[..., Issuer], tmp_path: Path, options: tuple[str, ...]
) -> None:
    own, members = issuer("ec"), [der_of(issuer(kind).root) for kind in ("rsa", "ec", "explicit", "pss key")]
    broken = members[0][:300]
    listed = [*members, tlv.encode(0x30, broken)]
    content = tlv.encode(0x30, tlv.encode(0x02, b"\0") + tlv.encode(0x31, b"".join(listed)))
    (tmp_path / "list.ml").write_bytes(sign(own, content, *options, kind=MASTER_LIST))
    found = read_trust_file(tmp_path / "list.ml")
    assert sorted(one.der for _, one in found if one is not None) == sorted(members)  # type: ignore[union-attr]
    refused = [entry for entry, _ in found if entry.refused]
    assert [entry.name for entry in refused] == ["list.ml #5"]
    assert len(found) == 1 + len(listed)


def test_a_container_of_certificates_is_gone_through(issuer: Callable[..., Issuer], tmp_path: Path) -> None:
    own = issuer("ec")
    made = openssl("crl2pkcs7", "-nocrl", "-certfile", own.root, "-certfile", own.signer, "-outform", "DER")
    (tmp_path / "both.p7b").write_bytes(made)
    found = read_trust_file(tmp_path / "both.p7b")
    assert {one.der for _, one in found if one is not None} == {der_of(own.root), der_of(own.signer)}
    assert not any(entry.refused for entry, _ in found)
