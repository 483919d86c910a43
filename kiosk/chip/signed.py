"""Signed data of the cryptographic message syntax (RFC 5652): what EF.SOD and master lists are wrapped in.

Owns finding the signer's certificate and checking each signature over the bytes as they came. Whom to trust is not
its question.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from asn1crypto import cms

from kiosk.chip import tlv
from kiosk.chip.certificates import BadCertificate, Certificate, read_certificate
from kiosk.chip.errors import BadAnswer
from kiosk.chip.signatures import MALFORMED, CannotCheck, Structure, check_signature
from kiosk.chip.verdict import Check, Verdict

_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SET: Final = 0x31
_MOST_SIGNATURES: Final = 8


@dataclass(frozen=True, slots=True)
class SignerName:
    """How a signature names its signer: by `issued`, issuer and serial number of a certificate, or by `key_id`."""

    issued: tuple[str, int] | None
    key_id: bytes = b""

    def fits(self, certificate: Certificate) -> bool:
        """Whether this certificate is meant; a key identifier may be the certificate's own or the key's SHA-1."""
        if self.issued is not None:
            return (certificate.issuer_id, certificate.serial) == self.issued
        return bool(self.key_id) and self.key_id in (certificate.key_id, certificate.key_sha1)


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature judged: `signer` is None where the certificate is not at hand."""

    signer: Certificate | None
    check: Check


@dataclass(frozen=True, slots=True)
class SignedData:
    """Content of the type `content_type` (dotted), the certificates that came with it, and its signatures."""

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signers: tuple[tuple[SignerName, Structure], ...] = field(repr=False, compare=False)

    def seals(self, known: Callable[[SignerName], Certificate | None] | None = None) -> tuple[Seal, ...]:
        """Judge every signature, good ones first, then bad ones, then those that cannot be checked. Never raises.

        `known` finds a signer's certificate that did not come along. There is always one seal at least.
        """
        seals: list[Seal] = []
        for name, info in self.signers:
            signer = self._brought(name) or (known(name) if known is not None else None)
            seals.append(Seal(signer, self._judge(signer, info)))
        order = (Verdict.YES, Verdict.NO, Verdict.NOT_CHECKABLE)
        return tuple(sorted(seals, key=lambda seal: order.index(seal.check.verdict)))

    def _brought(self, name: SignerName) -> Certificate | None:
        """The signer among the certificates that came along.

        Some issuers name their signer otherwise than its certificate does; one that came alone can mean no other, and
        whether its key made the signature is checked all the same.
        """
        found = next((one for one in self.certificates if name.fits(one)), None)
        alone = len(self.certificates) == 1 and not self.certificates[0].is_authority
        return self.certificates[0] if found is None and alone else found

    def _judge(self, signer: Certificate | None, info: Structure) -> Check:
        if signer is None:
            return Check(Verdict.NOT_CHECKABLE, "the signer's certificate is not at hand")
        try:
            return self._check(signer, info)
        except CannotCheck as error:
            return Check(Verdict.NOT_CHECKABLE, str(error))
        except (*MALFORMED, BadAnswer):
            return Check(Verdict.NO, "the signature has a form that no signature has")

    def _check(self, signer: Certificate, info: Structure) -> Check:
        digest = str(info["digest_algorithm"]["algorithm"].native)
        if digest not in hashlib.algorithms_available:
            return Check(Verdict.NOT_CHECKABLE, f"the signature uses a digest that this kiosk does not know ({digest})")
        messages = [self.content]
        if info["signed_attrs"].native is not None:
            if (fault := self._fault_of_attributes(info, digest)) is not None:
                return Check(Verdict.NO, fault)
            messages = _signed_attributes(info)
        algorithm, seal = info["signature_algorithm"], bytes(info["signature"].native)
        key = signer.parsed.public_key
        if any(check_signature(key, algorithm, digest, message=message, seal=seal) for message in messages):
            return Check(Verdict.YES, f"signed by {signer.subject}")
        return Check(Verdict.NO, f"the signature is not that of {signer.subject}")

    def _fault_of_attributes(self, info: Structure, digest: str) -> str | None:
        """Say what is wrong with the signed attributes; each must be there once (RFC 5652, 11)."""
        values: dict[str, list[Structure]] = {}
        for attribute in info["signed_attrs"]:
            values.setdefault(str(attribute["type"].dotted), []).extend(attribute["values"])
        kinds, digests = values.get(_CONTENT_TYPE, []), values.get(_MESSAGE_DIGEST, [])
        if len(kinds) != 1 or str(kinds[0].dotted) != self.content_type:
            return "the signature is about another kind of content"
        if len(digests) != 1 or bytes(digests[0].native) != hashlib.new(digest, self.content).digest():
            return "the content is not the one that was signed"
        return None


def _signed_attributes(info: Structure) -> list[bytes]:
    """What was signed of the attributes: as they came, tagged as a SET (RFC 5652, 5.4); else sorted as DER wants it.

    Some issuers sign the sorted set and write it down in another order, or without its length.
    """
    attributes = info["signed_attrs"]
    parts = [bytes(attribute.dump()) for attribute in attributes]
    ordered = tlv.encode(_SET, b"".join(parts)), tlv.encode(_SET, b"".join(sorted(parts)))
    return list(dict.fromkeys((bytes([_SET]) + bytes(attributes.dump())[1:], *ordered)))


def read_signed(data: bytes) -> SignedData:
    """Read signed data; certificates in it that cannot be read are left out. Raises BadCertificate."""
    signed = _inside(data)
    try:
        wrapped = signed["encap_content_info"]
        infos = list(signed["signer_infos"])[:_MOST_SIGNATURES]
        if not infos:
            raise BadCertificate("nobody has signed it")
        content = bytes(wrapped["content"]) if wrapped["content"].native is not None else b""
        kind = str(wrapped["content_type"].dotted)
        return SignedData(kind, content, _certificates(signed), tuple((_named(info), info) for info in infos))
    except MALFORMED as error:
        raise BadCertificate("it is no signed data that can be read") from error


def read_bundle(data: bytes) -> list[bytes]:
    """Take the certificates out of signed data that nobody signed, a mere container. Raises BadCertificate."""
    signed = _inside(data)
    try:
        if len(signed["signer_infos"]):
            raise BadCertificate("it is signed, and so more than a container")
        return [bytes(choice.dump()) for choice in signed["certificates"]]
    except MALFORMED as error:
        raise BadCertificate("it is no container of certificates that can be read") from error


def _inside(data: bytes) -> Structure:
    try:
        whole: Structure = cms.ContentInfo.load(data)
        if whole["content_type"].native != "signed_data":
            raise BadCertificate("it is not signed data")
        return whole["content"]
    except MALFORMED as error:
        raise BadCertificate("it is no signed data that can be read") from error


def _certificates(signed: Structure) -> tuple[Certificate, ...]:
    found: list[Certificate] = []
    for choice in signed["certificates"] if signed["certificates"].native is not None else ():
        try:
            found.append(read_certificate(bytes(choice.chosen.dump())))
        except (BadCertificate, *MALFORMED):
            continue
    return tuple(found)


def _named(info: Structure) -> SignerName:
    named = info["sid"]
    if named.name != "issuer_and_serial_number":
        return SignerName(None, bytes(named.native))
    return SignerName((named.chosen["issuer"].hashable, int(named.chosen["serial_number"].native)))


def read_security_object(sod: bytes) -> SignedData:
    """Read EF.SOD, the security object with its outer tag (Doc 9303-10, 4.6.2). Raises BadAnswer."""
    try:
        return read_signed(tlv.only(sod, 0x77, what="the security file (SOD)"))
    except BadCertificate as error:
        raise BadAnswer("the security file (SOD) cannot be parsed") from error
