"""Which rules nobody can see from outside, and why: said row by row, so that a table without failures promises no more.

The project's own tests carry these ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CONNECT: Final = "a client's CONNECT is between it and the broker, which tells nobody"
_INSIDE: Final = "what is kept, locked or erased within a kiosk does not show on the wire"
_ROAD: Final = "the kiosk's connection was not cut: see --road"
_ROSTER: Final = "a test has nobody's names to send"
_ABOVE: Final = "it takes two offices, one above the other"

OFFICE: Final[Mapping[str, str]] = {
    "CK-TOPIC-01": "provisioning gives the names; a test's own are good",
    "CK-MSG-03": "an office says nothing in JSON",
    "CK-LINK-02": "the broker would end the office's connection, and nobody else would see why",
    "CK-LINK-04": "only a broker that refuses shows it",
    "CK-LINK-05": _CONNECT,
    "CK-LINK-06": _CONNECT,
    "CK-LINK-07": _CONNECT,
    "CK-LINK-08": "the test cannot cut the office's connection",
    "CK-LINK-09": "only a broker that refuses shows it",
    "CK-SHARE-01": "whose subscription a message came by does not show",
    "CK-REMEDY-01": "an office tells sums alone",
    "CK-REMEDY-02": "it would change what real kiosks learn",
    "CK-CMD-06": "nobody gave a command: see --order",
    "CK-CMD-09": "nobody gave a command: see --order",
    "CK-CMD-18": "nobody gave a command: see --order",
    "CK-CMD-19": "nobody gave a command: see --order",
    "CK-KEYS-01": "an office says it after a change alone, and a test changes nobody's keys",
    "CK-DESIRED-01": "a test changes nobody's settings",
    "CK-CERT-02": "a test asks for no certificates",
    "CK-ROSTER-01": _ROSTER,
    "CK-ROSTER-04": _ROSTER,
    "CK-CERT-05": "the test cannot revoke a kiosk",
    "CK-UP-01": _ABOVE,
    "CK-UP-02": _ABOVE,
    "CK-UP-03": _ABOVE,
    "CK-UP-04": _ABOVE,
    "CK-UP-05": _ABOVE,
    "CK-UP-06": _ABOVE,
    "CK-ENROL-14": "an office that keeps no more apart is full: a test fills nobody's disk",
    "CK-ACK-11": "it takes two test kiosks: name a second one by --kiosk",
    "CK-ACK-12": "the test cannot restore the office from a backup",
}

KIOSK: Final[Mapping[str, str]] = {
    "CK-ACK-13": _INSIDE,
    "CK-TOPIC-03": "a kiosk hears its own topics alone",
    "CK-ENROL-13": "it would keep a real package from going out for minutes",
    "CK-LINK-01": "the broker's affair: test it by --side office",
    "CK-LINK-02": "the broker would end the kiosk's connection",
    "CK-LINK-03": "the broker acknowledges chunks, not the office",
    "CK-ENROL-15": "when a kiosk gives up an offer that has no answer does not show",
    "CK-LINK-04": "only a broker that refuses shows it",
    "CK-LINK-05": _ROAD,
    "CK-LINK-06": _CONNECT,
    "CK-LINK-07": _CONNECT,
    "CK-LINK-08": _ROAD,
    "CK-LINK-09": "only a broker that refuses shows it",
    "CK-WILL-01": _ROAD,
    "CK-STATE-01": "the test cannot switch the kiosk off",
    "CK-KEYS-02": "it would turn a real kiosk's enrolments to a key of the test's",
    "CK-CERT-01": "it takes a certificate of which half a life is over",
    "CK-CERT-03": _INSIDE,
    "CK-CERT-04": _INSIDE,
    "CK-ROSTER-02": _ROSTER,
    "CK-ROSTER-03": _ROSTER,
    "CK-ROSTER-05": _ROSTER,
    "CK-ROSTER-06": _ROSTER,
    "CK-ROSTER-07": _ROSTER,
    "CK-ACK-03": _INSIDE,
    "CK-CMD-04": _INSIDE,
    "CK-CMD-06": "to who is connected a retained message comes like any other",
    "CK-CMD-10": "how much is written down does not show",
    "CK-CMD-12": _INSIDE,
    "CK-CMD-13": "it takes days of silence",
    "CK-CMD-14": "it takes days of silence",
    "CK-CMD-17": "a test does not erase what it does not own",
    "CK-REMEDY-01": "no remedies were told while the test ran",
    "CK-REMEDY-03": "it takes a broker that nobody of the office has ever called",
}
