"""The schema beside the code names the fields that the code writes."""

import re
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import pytest

from kiosk.sealing import package, receipts
from kiosk.sealing.suites import SUITES
from tests.sealing.parties import Parties

SCHEMA = Path(package.__file__).with_name("package.cddl").read_text("utf-8")


def fields_of(rule: str) -> list[str]:
    body = re.search(rf"^{rule} = {{\n(.*?)^}}", SCHEMA, re.MULTILINE | re.DOTALL)
    assert body
    return re.findall(r'^  (?:\? )?"(\w+)":', body.group(1), re.MULTILINE)


def test_the_schema_names_every_field_of_header_and_receipt(classical: Parties) -> None:
    receipt = receipts.Receipt("a", "k", 1, b"h" * 32, "settled", 1, datetime.now(UTC))

    header = classical.header(escrow_kid="0" * 16)
    assert sorted(fields_of("header")) == sorted(cbor2.loads(header.to_cbor()))
    assert cbor2.loads(header.to_cbor()).keys() - cbor2.loads(classical.header().to_cbor()).keys() == {"escrow_kid"}
    assert sorted(fields_of("receipt-payload")) == sorted(cbor2.loads(receipt.to_cbor()))


@pytest.mark.parametrize(
    "text",
    [
        package.CONTENT_TYPE,
        receipts.CONTENT_TYPE,
        package.SUMMARY_LABEL.decode(),
        package.BODY_LABEL.decode(),
        package.SHARED_BODY_LABEL.decode(),
        package.BODY_KEY_LABEL.decode(),
        *SUITES,
    ],
)
def test_the_schema_names_labels_content_types_and_suites(text: str) -> None:
    assert f'"{text}"' in SCHEMA
