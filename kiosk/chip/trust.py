"""Which country signers this kiosk trusts, and whether a document signer leads back to one of them.

Owns the trust store: a folder of certificates (DER, PEM), ICAO and BSI master lists (.ml, CMS), LDIF files of the ICAO
public key directory and revocation lists. Every certificate found is accounted for: trusted, or refused with a reason.
"No trust anchor" is its own answer, because most countries are in no list, and that is no sign of forgery.
"""

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from asn1crypto import core

from kiosk.chip.certificates import (
    BadCertificate,
    Certificate,
    RevocationList,
    read_certificate,
    read_revocation_list,
)
from kiosk.chip.signatures import MALFORMED, CannotCheck, Structure
from kiosk.chip.signed import SignedData, SignerName, read_bundle, read_signed
from kiosk.chip.verdict import Check, Verdict

MASTER_LIST: Final = "2.23.136.1.1.2"
MAX_FILE_BYTES: Final = 64 << 20
_DEEPEST: Final = 4
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LDIF: Final = re.compile(
    rb"^(CscaMasterListData|pkdMasterListContent|userCertificate|cACertificate|certificateRevocationList)"
    rb"(?:;binary)?:: *(.*(?:\r?\n .*)*)",
    re.MULTILINE | re.IGNORECASE,
)


class _CertificateSet(core.SetOf):  # type: ignore[misc]
    _child_spec = core.Any


class _MasterList(core.Sequence):  # type: ignore[misc]
    _fields = [("version", core.Integer), ("certificates", _CertificateSet)]  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one thing found in a file: `kind` is "certificate", "revocation list", "master list" or "file".

    `refused` is empty when it was taken in, or says why not. `name` is its subject, or its place in the file. `note`
    says of a master list who signed it, and whether that signature holds.
    """

    source: str
    kind: str
    name: str
    refused: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Trusted country signers, known document signers, and revocation lists."""

    anchors: tuple[Certificate, ...] = ()
    signers: tuple[Certificate, ...] = ()
    lists: tuple[RevocationList, ...] = ()
    by_name: Mapping[str, Sequence[Certificate]] = field(default_factory=dict[str, Sequence[Certificate]], repr=False)

    def issuers_of(self, certificate: Certificate) -> Iterator[Certificate]:
        """Give the trusted certificates that may have issued this one."""
        named = self.by_name.get(certificate.issuer_id, ())
        yield from named
        if certificate.authority_key_id:
            yield from (one for one in self.anchors if one not in named and certificate.may_be_issued_by(one))

    def find_signer(self, name: SignerName) -> Certificate | None:
        """Give a document signer that the security object names without bringing it."""
        return next((one for one in self.signers if name.fits(one)), None)


def make_store(
    certificates: Iterable[Certificate], lists: Iterable[RevocationList] = (), *, signers: Iterable[Certificate] = ()
) -> TrustStore:
    """Put a store together; the same certificate twice counts once."""
    anchors = tuple({one.der: one for one in certificates}.values())
    by_name: dict[str, list[Certificate]] = {}
    for one in anchors:
        by_name.setdefault(one.subject_id, []).append(one)
    return TrustStore(anchors, tuple({one.der: one for one in signers}.values()), tuple(lists), by_name)


def load_store(folder: Path) -> tuple[TrustStore, list[Entry]]:
    """Read every file of a folder (none: an empty store). Gives the store and the account of all that was found."""
    found: list[tuple[Entry, Certificate | RevocationList | None]] = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in {".md", ".txt"}:
            found += read_trust_file(path)
    certificates = [one for _, one in found if isinstance(one, Certificate)]
    lists = [one for _, one in found if isinstance(one, RevocationList)]
    store = make_store(
        (one for one in certificates if one.is_authority),
        lists,
        signers=(one for one in certificates if not one.is_authority),
    )
    return store, [entry for entry, _ in found]


def read_trust_file(path: Path) -> list[tuple[Entry, Certificate | RevocationList | None]]:
    """Read one file of whatever kind. Never raises: what cannot be read is an entry that says so."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return [(Entry(path.name, "file", path.name, "it is larger than any master list"), None)]
        found = list(_things(path.name, path.read_bytes(), 0))
        return found or [(Entry(path.name, "file", path.name, "nothing whole was found in it"), None)]
    except OSError as error:
        return [(Entry(path.name, "file", path.name, f"it cannot be read ({error.strerror})"), None)]


def judge_chain(signer: Certificate, store: TrustStore, *, at: datetime) -> Check:
    """Whether a trusted country signer issued this document signer, and it is neither expired nor revoked."""
    doubt: CannotCheck | None = None
    tried = False
    for issuer in store.issuers_of(signer):
        try:
            tried = True
            if not signer.signed_by(issuer):
                continue
        except CannotCheck as error:
            doubt = error
            continue
        return _judge_issued(signer, issuer, store, at=at)
    if doubt is not None:
        return Check(Verdict.NOT_CHECKABLE, str(doubt))
    if tried:
        return Check(Verdict.NO, "a trusted country signer has the name of the issuer, but did not sign this signer")
    return Check(
        Verdict.NOT_CHECKABLE,
        "no trust anchor: the country signer that issued it is not in the trust store",
        cause="no_anchor",
    )


def _judge_issued(signer: Certificate, issuer: Certificate, store: TrustStore, *, at: datetime) -> Check:
    if signer.is_authority:
        return Check(Verdict.NO, "the document was signed by an authority itself, not by a document signer")
    revocation = judge_revocation(signer, issuer, store, at=at)
    if revocation.verdict is Verdict.NO:
        return revocation
    if at > signer.not_after:
        over = f"the document signer's certificate ended on {signer.not_after:%Y-%m-%d}"
        return Check(Verdict.NO, over, cause="expired")
    if at < signer.not_before:
        early = f"the document signer's certificate begins on {signer.not_before:%Y-%m-%d}"
        return Check(Verdict.NO, early, cause="not_yet")
    # A country signer outlives the documents it vouches for; one past its end still proves who signed (9303-12, 7.1.1).
    ended = f", whose own certificate ended on {issuer.not_after:%Y-%m-%d}" if at > issuer.not_after else ""
    return Check(Verdict.YES, f"issued by {issuer.subject}{ended}; {revocation.reason}")


def _signed(listed: RevocationList, issuer: Certificate) -> bool:
    try:
        return listed.signed_by(issuer)
    except CannotCheck:
        return False


def judge_revocation(signer: Certificate, issuer: Certificate, store: TrustStore, *, at: datetime) -> Check:
    """Whether the issuer has revoked this signer, as far as the lists at hand can tell.

    A country signs its list with its newest key alone, also for what older keys issued (9303-12, 7.1.4).
    """
    own = [one for one in store.lists if one.issuer_id == issuer.subject_id]
    keys = (issuer, *store.by_name.get(issuer.subject_id, ()))
    good = [one for one in own if any(_signed(one, key) for key in keys)]
    if not good:
        why = "its revocation list is not signed by its country" if own else "no revocation list of it is at hand"
        return Check(Verdict.NOT_CHECKABLE, why)
    if any(signer.serial in one.serials for one in good):
        return Check(Verdict.NO, "its country has revoked the document signer", cause="revoked")
    newest = max(good, key=lambda one: one.this_update)
    if newest.next_update is not None and at > newest.next_update:
        return Check(Verdict.NOT_CHECKABLE, f"the newest revocation list ended on {newest.next_update:%Y-%m-%d}")
    return Check(Verdict.YES, f"not revoked by the list of {newest.this_update:%Y-%m-%d}")


def _things(source: str, data: bytes, depth: int) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    """Unpack whatever `data` is: archives and lists are gone through, leaves are read."""
    if depth > _DEEPEST:
        yield Entry(source, "file", source, "it is packed too many times"), None
    elif data[:4] == b"PK\x03\x04":
        yield from _unzipped(source, data, depth)
    elif b"-----BEGIN " in data[:4096]:
        blocks = _PEM.findall(data)
        for number, (label, body) in enumerate(blocks, 1):
            yield from _decoded(f"{source} #{number} ({label.decode()})", body, depth)
        if (cut := data.count(b"-----BEGIN ") - len(blocks)) > 0:
            yield Entry(source, "file", source, f"{cut} of its parts are cut off: each needs its END line"), None
    elif _LDIF.search(data):
        for number, (_, body) in enumerate(_LDIF.findall(data), 1):
            yield from _decoded(f"{source} #{number}", body, depth)
    else:
        yield from _leaf(source, data, depth)


def _unzipped(source: str, data: bytes, depth: int) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.file_size > MAX_FILE_BYTES:
                    yield Entry(source, "file", info.filename, "it is larger than any master list"), None
                    continue
                yield from _things(f"{source}/{info.filename}", archive.read(info), depth + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zipfile.LargeZipFile) as error:
        yield Entry(source, "file", source, f"the archive cannot be opened ({error})"), None


def _decoded(source: str, body: bytes, depth: int) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        yield Entry(source, "file", source, "its base64 is broken"), None
        return
    yield from _things(source, der, depth + 1)


def _leaf(source: str, data: bytes, depth: int) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    try:
        one = read_certificate(data)
    except BadCertificate as no_certificate:
        refusal = str(no_certificate)
    else:
        yield Entry(source, "certificate", one.subject), one
        return
    try:
        revoked = read_revocation_list(data)
    except BadCertificate:
        pass
    else:
        yield Entry(source, "revocation list", source), revoked
        return
    try:
        signed = read_signed(data)
    except BadCertificate:
        yield from _bundled(source, data, depth, refusal)
        return
    yield from _listed(source, signed, depth)


def _bundled(
    source: str, data: bytes, depth: int, refusal: str
) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    """Go through a container of certificates (PKCS #7, .p7b), which nobody signs; what is none is refused."""
    try:
        members = read_bundle(data)
    except BadCertificate:
        yield Entry(source, "certificate", source, refusal), None
        return
    yield Entry(source, "file", source, note=f"{len(members)} certificates"), None
    for number, member in enumerate(members, 1):
        yield from _things(f"{source} #{number}", member, depth + 1)


def _listed(source: str, signed: SignedData, depth: int) -> Iterator[tuple[Entry, Certificate | RevocationList | None]]:
    """Go through a master list. One that was altered since it was signed is refused whole."""
    if signed.content_type != MASTER_LIST:
        yield Entry(source, "master list", source, "it is signed data, but no master list"), None
        return
    seal = signed.seals()[0].check
    if seal.verdict is Verdict.NO:
        yield Entry(source, "master list", source, f"refused whole: {seal.reason}"), None
        return
    try:
        found: Structure = _MasterList.load(signed.content)
        members = [bytes(member.dump()) for member in found["certificates"]]
    except MALFORMED:
        yield Entry(source, "master list", source, "its content cannot be parsed"), None
        return
    yield Entry(source, "master list", source, note=f"{len(members)} certificates; {seal.reason}"), None
    for number, member in enumerate(members, 1):
        yield from _things(f"{source} #{number}", member, depth + 1)
