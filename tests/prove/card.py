"""No answer of a card, however wrong, ends in anything but a reading or an error of the package's own tree.

Whole readings of soft cards, old and new, in which answers are altered on the way: bits, lengths, status words, cut,
lengthened, exchanged, repeated, invented. And every file of a card, altered and handed straight to what parses it, as
if the card itself had signed nonsense. Each case must end within its number of commands and its time; what a reading
gives must be what the card holds; an altered file must never be called unmodified.
"""

import argparse
import collections
import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_directory import CARD_ACCESS, ChipTraits
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import PaceMapping, PaceOffer
from drivers.card.soft_secure_messaging import Suite
from kiosk.chip import tlv
from kiosk.chip.active_authentication import parse_dg15
from kiosk.chip.card_access import offered_by
from kiosk.chip.certificates import BadCertificate, read_certificate, read_revocation_list
from kiosk.chip.details import parse_dg11, parse_dg12, parse_dg13
from kiosk.chip.errors import ChipError
from kiosk.chip.face import parse_portrait
from kiosk.chip.findings import judge
from kiosk.chip.hashes import listed_hashes
from kiosk.chip.keys import MrzKey
from kiosk.chip.memory import ReaderMemory, atr_extended
from kiosk.chip.mrz import parse_dg1
from kiosk.chip.passive import authenticate
from kiosk.chip.reading import EVERYTHING, read_chip
from kiosk.chip.security_infos import parse_card_security, parse_dg14
from kiosk.chip.trust import make_store
from kiosk.chip.verdict import Verdict
from tests.prove._altering import altered

COUNT: Final = 1_000_000
MOST_COMMANDS: Final = 2000
LONGEST_S: Final = 30.0
HOLDER: Final = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY: Final = MrzKey(HOLDER.number[-9:], HOLDER.birth_text, HOLDER.expiry_text)
JPEG: Final = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 3 + b"\xff\xd9"
DETAILS: Final = {1: HOLDER.number, 2: "Trần Thị Hoà", 9: "x" * 200, 13: ("Trần Văn Nhân", "Lê Thị Mận")}
CHUNK: Final = 500
"""Altered answers that one worker proves before it reports."""
READINGS: Final = 0.75
"""The share of whole readings; the rest are files handed to their parsers."""
MODERN: Final = 0.15
"""The share of PACE among the readings: one costs ten times as much as one by BAC."""


@dataclass
class Tally:
    """What was tried and how it ended."""

    altered: int = 0
    cases: int = 0
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter[str])
    most_commands: int = 0
    slowest_s: float = 0.0
    accidents: list[str] = field(default_factory=list[str])

    def add(self, other: "Tally") -> None:
        """Take another worker's tally in."""
        self.altered += other.altered
        self.cases += other.cases
        self.outcomes += other.outcomes
        self.most_commands = max(self.most_commands, other.most_commands)
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.accidents += other.accidents


class Accident(AssertionError):
    """Something that must not happen, and is no exception of the program's own."""


class Proof:
    """The cards and files of one worker, and the cases played with them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._authority = DemoAuthority(now=datetime.now(UTC) - timedelta(days=1))
        self._store = make_store([read_certificate(self._authority.root_der)])
        old = ChipTraits(selects_master_file=False, short_ids=False)
        roomy = ChipTraits(extended=1024)
        generic = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 12)
        mapping = PaceOffer(PaceMapping.CHIP_AUTHENTICATION, Suite.AES_256, 13)
        self._old = [
            self._card(CardMake(pace=(), rsa=True, chip_suite=None)),
            self._card(CardMake(pace=(), traits=old)),
        ]
        self._modern = [
            self._card(CardMake(pace=(generic,), traits=roomy)),
            self._card(CardMake(pace=(mapping,))),
            self._card(CardMake(pace=(PaceOffer(PaceMapping.INTEGRATED, Suite.TRIPLE_DES, 0),))),
        ]
        self._files = dict(read_chip(self._modern[0].process, [KEY], wanted=EVERYTHING).files)
        self._parsers: Mapping[str, tuple[bytes, Callable[[bytes], object]]] = self._all_parsers()

    def _card(self, make: CardMake) -> SoftChip:
        return make_id_card(
            HOLDER, JPEG, width_px=3, height_px=4, authority=self._authority, details=DETAILS, make=make
        )

    def play(self, first: int, count: int) -> Tally:
        """Play cases from number `first` on until so many answers have been altered."""
        tally, number = Tally(), first
        while tally.altered < count:
            self.case(number, tally)
            number += 1
        return tally

    def case(self, number: int, tally: Tally) -> None:
        """Play one case; the same seed and number give the same alterations."""
        random, began_s = Random(f"{self._seed}:{number}"), time.monotonic()
        try:
            play = self._reading if random.random() < READINGS else self._parsing
            outcome = play(random, tally)
        except ChipError as error:
            outcome = type(error).__name__
        except Exception:  # noqa: BLE001 - finding these is what the proof is for
            tally.accidents.append(f"case {number}:\n{traceback.format_exc()}")
            outcome = "ACCIDENT"
        took_s = time.monotonic() - began_s
        if took_s > LONGEST_S:
            tally.accidents.append(f"case {number}: took {took_s:.1f} s")
        tally.slowest_s = max(tally.slowest_s, took_s)
        tally.cases += 1
        tally.outcomes[outcome] += 1

    def _reading(self, random: Random, tally: Tally) -> str:
        """Read a whole card, one answer in so many altered, and look at what came out."""
        chip = random.choice(self._modern if random.random() < MODERN else self._old)
        chip.reset()
        line = _Line(chip, random)
        memory = ReaderMemory(reader_extended=random.choice((True, False, None)))
        try:
            read = read_chip(line.transmit, [KEY], wanted=EVERYTHING, memory=memory, atr=altered(chip.atr, random, []))
            found = judge(read, self._store, at=datetime.now(UTC))
        finally:
            tally.altered += line.altered
            tally.most_commands = max(tally.most_commands, line.commands)
            if line.commands > MOST_COMMANDS:
                raise Accident(f"{line.commands} commands")
        if read.files["DG1"] != chip.files[0x0101] or read.dg1.surname != HOLDER.surname:
            raise Accident("an altered answer was taken for the card's own")
        for name, check in found.groups.items():
            if check.verdict is Verdict.YES and read.files[name] != chip.files[0x0100 | int(name[2:])]:
                raise Accident(f"{name} was altered and is called unmodified")
        return "read" if read.portrait is not None else "read in part"

    def _parsing(self, random: Random, tally: Tally) -> str:
        """Hand one altered file to what parses it."""
        name = random.choice(list(self._parsers))
        data, parse = self._parsers[name]
        given = altered(data, random, list(self._files.values()))
        for _ in range(random.choice((0, 0, 1, 3))):
            given = altered(given, random, [data])
        tally.altered += 1
        parse(given)
        return f"parsed {name}"

    def _all_parsers(self) -> Mapping[str, tuple[bytes, Callable[[bytes], object]]]:
        files, sod = self._files, self._files["SOD"]
        groups = {number: files[f"DG{number}"] for number in (1, 2, 13, 14, 15)}
        dg11 = tlv.encode(0x6B, tlv.encode(0x5F0E, b"TRAN<<HOA") + tlv.encode(0x5F2B, bytes.fromhex("19500701")))
        dg12 = tlv.encode(0x6C, tlv.encode(0x5F19, "Cục".encode()) + tlv.encode(0x5F26, b"20220101"))
        infos = tlv.only(files["DG14"], 0x6E, what="DG14")

        def judged(given: bytes) -> None:
            found = authenticate(given, groups, self._store, at=datetime.now(UTC))
            if (
                given != sod
                and found.signature.verdict is found.unmodified.verdict is found.chain.verdict is Verdict.YES
            ):
                _same_content(given, sod)

        return {
            "DG1": (files["DG1"], parse_dg1),
            "DG2": (files["DG2"], parse_portrait),
            "DG11": (dg11, parse_dg11),
            "DG12": (dg12, parse_dg12),
            "DG13": (files["DG13"], parse_dg13),
            "DG14": (files["DG14"], parse_dg14),
            "DG15": (files["DG15"], parse_dg15),
            "SOD": (sod, judged),
            "CardAccess": (self._modern[0].masters[CARD_ACCESS], offered_by),
            "CardSecurity": (self._authority.sign_infos(infos), parse_card_security),
            "ATR": (self._modern[0].atr, atr_extended),
            "certificate": (self._authority.root_der, _certificate),
        }


def _certificate(given: bytes) -> None:
    for read in (read_certificate, read_revocation_list):
        try:
            read(given)
        except BadCertificate:
            continue


def _same_content(given: bytes, sod: bytes) -> None:
    """Bytes outside of what is signed may change without anybody being deceived; the hashes may not."""
    if listed_hashes(given) != listed_hashes(sod):
        raise Accident("an altered security object is called signed")


class _Line:
    """The way to a card on which one answer in so many is altered."""

    def __init__(self, chip: SoftChip, random: Random) -> None:
        self._chip = chip
        self._random = random
        self._first = random.randrange(32)
        self._often = random.choice((0.0, 0.02, 0.3))
        self._earlier: list[bytes] = []
        self.commands = 0
        self.altered = 0

    def transmit(self, apdu: bytes) -> bytes:
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise ConnectionError
        answer = self._chip.process(apdu)
        hit = self.commands == self._first + 1 or self._random.random() < self._often
        given = altered(answer, self._random, self._earlier) if hit else answer
        self.altered += hit
        self._earlier.append(answer)
        return given


def work(job: tuple[int, int, int]) -> Tally:
    """Play one chunk in a worker; its cards are made once for each seed."""
    seed, first, count = job
    if seed not in _MADE:
        _MADE.clear()
        _MADE[seed] = Proof(seed)
    return _MADE[seed].play(first, count)


_MADE: dict[int, Proof] = {}


def main() -> int:
    """Prove, and say what was seen. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove card", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="altered answers")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--case", type=int, help="play this case of the seed alone")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    total = Tally()
    if arguments.case is not None:
        Proof(arguments.seed).case(arguments.case, total)
        return _told(total)
    chunks = -(-arguments.count // CHUNK)
    jobs = ((arguments.seed, number * CHUNK * 4, CHUNK) for number in range(chunks))
    began_s, shown = time.monotonic(), 0
    with multiprocessing.get_context("fork").Pool(arguments.workers) as pool:
        for tally in pool.imap_unordered(work, jobs):
            total.add(tally)
            if total.altered - shown >= max(10_000, arguments.count // 50) or total.accidents:
                shown = total.altered
                print(f"{total.altered} altered answers, {time.monotonic() - began_s:.0f} s", flush=True)
            if total.accidents:
                pool.terminate()
                break
    return _told(total)


def _told(total: Tally) -> int:
    print(f"{total.altered} altered answers in {total.cases} cases, {len(total.accidents)} accidents")
    print(f"most commands {total.most_commands}, slowest case {total.slowest_s:.2f} s")
    for outcome, count in total.outcomes.most_common():
        print(f"  {count:>9}  {outcome}")
    for accident in total.accidents[:5]:
        print(accident)
    return int(bool(total.accidents))


if __name__ == "__main__":
    sys.exit(main())
