"""Signed data of the cryptographic message syntax (RFC 5652): what EF.SOD and master lists are wrapped in.

Owns finding the signer's certificate and checking the signature over the bytes as they came. Whom to trust is not
its question.
"""

import hashlib
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


@dataclass(frozen=True, slots=True)
class SignedData:
    """Content of the type `content_type` (dotted), the certificates that came with it, and its first signature."""

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    #: Issuer and serial number of the signer's certificate, or its key's identifier: one of the two names it.
    signer_name: tuple[str, int] | None
    signer_key_id: bytes
    info: Structure = field(repr=False, compare=False)

    def signer(self) -> Certificate | None:
        """Give the signer's certificate, if it came along."""
        if self.signer_name is not None:
            return next((one for one in self.certificates if (one.issuer_id, one.serial) == self.signer_name), None)
        return next((one for one in self.certificates if one.key_id and one.key_id == self.signer_key_id), None)

    def check(self, signer: Certificate | None) -> Check:
        """Whether the holder of this certificate signed the content. Never raises."""
        if signer is None:
            return Check(Verdict.NOT_CHECKABLE, "the signer's certificate is not at hand")
        try:
            return self._check(signer)
        except CannotCheck as error:
            return Check(Verdict.NOT_CHECKABLE, str(error))
        except (*MALFORMED, BadAnswer):
            return Check(Verdict.NO, "the signature has a form that no signature has")

    def _check(self, signer: Certificate) -> Check:
        digest = str(self.info["digest_algorithm"]["algorithm"].native)
        if digest not in hashlib.algorithms_available:
            return Check(Verdict.NOT_CHECKABLE, f"the signature uses a digest that this kiosk does not know ({digest})")
        message = self.content
        if self.info["signed_attrs"].native is not None:
            if (fault := self._fault_of_attributes(digest)) is not None:
                return Check(Verdict.NO, fault)
            # Signed are the attributes as they came, tagged as a SET (RFC 5652, 5.4); writing them anew could differ.
            raw = bytes(self.info["signed_attrs"].dump())
            message = bytes([_SET]) + raw[1:]
        algorithm = self.info["signature_algorithm"]
        seal = bytes(self.info["signature"].native)
        if check_signature(signer.parsed.public_key, algorithm, digest, message=message, seal=seal):
            return Check(Verdict.YES, f"signed by {signer.subject}")
        return Check(Verdict.NO, f"the signature is not that of {signer.subject}")

    def _fault_of_attributes(self, digest: str) -> str | None:
        """Say what is wrong with the signed attributes; each must be there once (RFC 5652, 11)."""
        values: dict[str, list[Structure]] = {}
        for attribute in self.info["signed_attrs"]:
            values.setdefault(str(attribute["type"].dotted), []).extend(attribute["values"])
        kinds, digests = values.get(_CONTENT_TYPE, []), values.get(_MESSAGE_DIGEST, [])
        if len(kinds) != 1 or str(kinds[0].dotted) != self.content_type:
            return "the signature is about another kind of content"
        if len(digests) != 1 or bytes(digests[0].native) != hashlib.new(digest, self.content).digest():
            return "the content is not the one that was signed"
        return None


def read_signed(data: bytes) -> SignedData:
    """Read signed data; certificates in it that cannot be read are left out. Raises BadCertificate."""
    try:
        whole: Structure = cms.ContentInfo.load(data)
        if whole["content_type"].native != "signed_data":
            raise BadCertificate("it is not signed data")
        signed = whole["content"]
        wrapped = signed["encap_content_info"]
        certificates: list[Certificate] = []
        for choice in signed["certificates"] if signed["certificates"].native is not None else ():
            try:
                certificates.append(read_certificate(bytes(choice.chosen.dump())))
            except BadCertificate:
                continue
        infos = signed["signer_infos"]
        if len(infos) == 0:
            raise BadCertificate("nobody has signed it")
        content = bytes(wrapped["content"]) if wrapped["content"].native is not None else b""
        named = infos[0]["sid"]
        by_name, by_key = None, b""
        if named.name == "issuer_and_serial_number":
            by_name = (named.chosen["issuer"].hashable, int(named.chosen["serial_number"].native))
        else:
            by_key = bytes(named.native)
        kind = str(wrapped["content_type"].dotted)
        return SignedData(kind, content, tuple(certificates), by_name, by_key, infos[0])
    except MALFORMED as error:
        raise BadCertificate("it is no signed data that can be read") from error


def read_security_object(sod: bytes) -> SignedData:
    """Read EF.SOD, the security object with its outer tag (Doc 9303-10, 4.6.2). Raises BadAnswer."""
    try:
        return read_signed(tlv.only(sod, 0x77, what="the security file (SOD)"))
    except BadCertificate as error:
        raise BadAnswer("the security file (SOD) cannot be parsed") from error
