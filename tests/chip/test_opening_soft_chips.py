"""Modern chips opened in memory: PACE of every kind, by lines or access number, and BAC where there is no PACE."""

import pytest

from drivers.card.soft_curves import CURVES, MODP
from drivers.card.soft_pace import PaceMapping, PaceOffer
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Suite
from kiosk.chip.files import CardFile
from kiosk.chip.reading import read_chip
from tests.chip.soft_stage import CAN_KEY, GENERIC, KEY, ROOMY, chip

OFFERS = [
    *(PaceOffer(mapping, Suite.AES_128, number) for mapping in PaceMapping for number in [*MODP, *CURVES]),
    *(PaceOffer(mapping, suite, number) for mapping in PaceMapping for suite in Suite for number in (0, 13)),
]
POSSIBLE = [
    offer
    for offer in dict.fromkeys(OFFERS)
    if not (offer.mapping is PaceMapping.INTEGRATED and offer.parameter == 10)  # its prime leaves 1 modulo 4
    and not (offer.mapping is PaceMapping.CHIP_AUTHENTICATION and (not offer.ec or offer.suite is Suite.TRIPLE_DES))
]


@pytest.mark.parametrize("offer", POSSIBLE, ids=lambda o: f"{o.mapping.value}-{o.suite.name}-{o.parameter}")
def test_every_kind_of_pace_opens_the_card(offer: PaceOffer) -> None:
    key = ChipKey.made(CURVES[offer.parameter], offer.suite) if offer.mapping.value == "CAM" else None
    read = read_chip(chip(offer, chip_key=key, traits=ROOMY).process, [KEY], wanted=[CardFile.DG1])
    assert read.dg1.surname == "TRAN"
    assert read.access is not None
    assert (read.access.protocol, read.access.key) == ("PACE", "MRZ")
    assert offer.mapping.value in read.access.method


@pytest.mark.parametrize("offer", [GENERIC, PaceOffer(PaceMapping.INTEGRATED, Suite.AES_256, 17)])
def test_the_card_access_number_opens_the_card_as_well(offer: PaceOffer) -> None:
    read = read_chip(chip(offer).process, [CAN_KEY])
    assert read.access is not None
    assert (read.access.key, read.access.parameters) == (
        "CAN",
        {12: "secp256r1", 17: "brainpoolP512r1"}[offer.parameter],
    )
    assert read.portrait is not None


def test_pace_is_taken_before_bac_and_a_card_without_it_is_opened_by_bac() -> None:
    both = read_chip(chip(GENERIC, bac=True).process, [KEY])
    assert both.access is not None
    assert both.access.protocol == "PACE"
    old = read_chip(chip(bac=True).process, [KEY])
    assert old.access is not None
    assert (old.access.protocol, old.access.method) == ("BAC", "3DES")
