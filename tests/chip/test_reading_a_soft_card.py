"""A whole card read in memory: the kiosk's reader against the soft card, two independent ends of one standard."""

from datetime import date

from drivers.card.soft_files import Holder
from drivers.card.soft_passport import soft_passport
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import read_chip

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9"


def test_dg1_comes_out_of_the_soft_card() -> None:
    card = soft_passport(HOLDER, JPEG, width_px=240, height_px=320)
    read = read_chip(card.process, [MrzKey("150000012", "500701", "991231")])
    assert read.dg1.personal_number is not None
    assert read.dg1.personal_number.digits == HOLDER.number
    assert (read.dg1.surname, read.dg1.given_names) == ("TRAN", "THI HOA")
    assert read.dg1.wrong_checks == ()
    assert read.portrait is not None
    assert read.portrait.data == JPEG
