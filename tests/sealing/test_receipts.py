"""A receipt is the office's word, and nobody else's."""

from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sealing import cbor
from kiosk.sealing.errors import BadEncoding, BadSignature, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt, verify_receipt

OFFICE = SigningKey.generate()
RECEIPT = Receipt(
    id="0193b3a0-1234-7abc-8def-0123456789ab",
    kiosk="kiosk-tk-01",
    seq=7,
    sha256=b"h" * 32,
    status="received",
    number=1234,
    at=datetime(2026, 11, 24, 2, 30, tzinfo=UTC),
)


@given(
    st.builds(
        Receipt,
        id=st.text(max_size=40),
        kiosk=st.text(max_size=40),
        seq=st.integers(1, (1 << 63) - 1),
        sha256=st.binary(min_size=32, max_size=32),
        status=st.sampled_from(("received", "settled")),
        number=st.integers(0, (1 << 63) - 1),
        at=st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_receipt_comes_back_as_the_office_signed_it(receipt: Receipt) -> None:
    assert verify_receipt(sign_receipt(receipt, OFFICE), OFFICE.public) == receipt


def test_a_receipt_signed_by_another_key_is_refused(stranger: SigningKey) -> None:
    with pytest.raises(WrongKey):
        verify_receipt(sign_receipt(RECEIPT, stranger), OFFICE.public)


def test_a_receipt_with_one_flipped_bit_is_refused() -> None:
    signed = bytearray(sign_receipt(RECEIPT, OFFICE))
    for place in range(len(signed)):
        for bit in range(8):
            signed[place] ^= 1 << bit
            with pytest.raises((BadEncoding, BadSignature, WrongKey)):
                verify_receipt(bytes(signed), OFFICE.public)
            signed[place] ^= 1 << bit


def test_a_rejection_carries_its_code_and_nothing_else_does() -> None:
    fields = {"id": "a", "kiosk": "k", "seq": 1, "sha256": b"h" * 32, "number": 0, "at": datetime.now(UTC)}

    assert Receipt(**fields, status="rejected", code="simulated_driver").code == "simulated_driver"
    with pytest.raises(BadEncoding):
        Receipt(**fields, status="rejected")
    with pytest.raises(BadEncoding):
        Receipt(**fields, status="settled", code="simulated_driver")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "lost"),
        ("seq", 0),
        ("seq", True),
        ("sha256", b""),
        ("number", -1),
        ("at", "now"),
        ("v", 2),
        ("v", True),
        ("x", 1),
    ],
)
def test_a_receipt_with_a_wrong_field_is_refused(name: str, value: object) -> None:
    fields = cbor2.loads(RECEIPT.to_cbor())

    with pytest.raises(BadEncoding):
        Receipt.from_cbor(cbor.encode({**fields, name: value}))


def test_any_cose_library_can_check_a_receipt() -> None:
    tagged: Any = cbor2.loads(sign_receipt(RECEIPT, OFFICE))
    protected, unprotected, payload, signature = tagged.value

    assert tagged.tag == 18
    assert unprotected == {}
    assert cbor2.loads(protected)[1] == -8
    assert cbor2.loads(protected)[4].hex() == OFFICE.kid
    Ed25519PublicKey.from_public_bytes(OFFICE.public.raw).verify(
        signature, cbor2.dumps(["Signature1", protected, b"", payload])
    )
    assert cbor2.loads(payload)["number"] == 1234
