"""What all kiosks together have learnt about remedies, signed by the office.

The signature keeps a captured broker or uplink from teaching the kiosks; what is signed names no kiosk and no citizen.
The content type keeps it apart from receipts, which the same key signs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self, cast

from kiosk.domain.experience import Experience, Remedy, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.learnt+cbor"
_FIELDS: Final = frozenset(("v", "day", "rows"))
_MOST: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was known on a day: per verdict and remedy whole numbers of tries, helps and points gained."""

    day: date
    experience: Experience

    def to_cbor(self) -> bytes:
        """The bytes that are signed; what rounds to no try at all is left out."""
        rows = [
            [verdict.value, remedy.value, *_rounded(tally)]
            for (verdict, remedy), tally in sorted(self.experience.items())
            if round(tally.tried)
        ]
        return cbor.encode({"v": 1, "day": self.day.isoformat(), "rows": rows})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """What is in `data`. A verdict or remedy that a newer office knows is passed over. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1 or not isinstance(fields["rows"], list):
            raise BadEncoding("what was learnt does not have exactly the fields of version 1")
        experience: dict[tuple[PrintVerdict, Remedy], Tally] = {}
        for row in cast("list[object]", fields["rows"]):
            verdict, remedy, tally = _row(row)
            pair = (_VERDICTS.get(verdict), _REMEDIES.get(remedy))
            if pair[0] is not None and pair[1] is not None:
                experience[pair[0], pair[1]] = tally
        return cls(_day(fields["day"]), experience)


_VERDICTS: Final[Mapping[str, PrintVerdict]] = {one.value: one for one in PrintVerdict}
_REMEDIES: Final[Mapping[str, Remedy]] = {one.value: one for one in Remedy}


def _rounded(tally: Tally) -> tuple[int, int, int]:
    tried = round(tally.tried)
    # Rounding the tries down must not leave more points than so many tries can gain.
    return tried, round(tally.helped), max(-100 * tried, min(100 * tried, round(tally.gain)))


def _row(row: object) -> tuple[str, str, Tally]:
    if not isinstance(row, list) or len(row) != 5:
        raise BadEncoding("a row of what was learnt has five fields")
    verdict, remedy, tried, helped, gain = cast("list[object]", row)
    if not isinstance(verdict, str) or not isinstance(remedy, str):
        raise BadEncoding("a row of what was learnt begins with two texts")
    if type(tried) is not int or type(helped) is not int or type(gain) is not int:
        raise BadEncoding("a row of what was learnt ends with three whole numbers")
    if not 0 <= helped <= tried < _MOST or abs(gain) > 100 * tried:
        raise BadEncoding("the numbers of what was learnt contradict each other")
    return verdict, remedy, Tally(tried, helped, gain)


def _day(text: object) -> date:
    # Ten characters: Python reads other forms of a date too, and what is signed has one form.
    if not isinstance(text, str) or len(text) != 10:
        raise BadEncoding("the day of what was learnt is not a day")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadEncoding("the day of what was learnt is not a day") from error


def sign_learnt(learnt: Learnt, key: SigningKey) -> bytes:
    """What was learnt as COSE_Sign1 by the office's receipt key."""
    return cose.sign(learnt.to_cbor(), CONTENT_TYPE, key=key)


def verify_learnt(signed: bytes, key: VerifyingKey) -> Learnt:
    """What was learnt, when the office's receipt key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Learnt.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
