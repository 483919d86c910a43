"""What a kiosk does with the office's commands: good, repeated, old, ended, for another, by a stranger, unknown."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.conformance.acting import test_id
from kiosk.conformance.errors import Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.kiosk_scenes import first_of
from kiosk.conformance.peer import Heard
from kiosk.conformance.standing import StandingOffice
from kiosk.domain.commands import Args
from kiosk.sealing.commands import Answer, Command, sign_command, verify_answer
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.wire.topics import Kind

_LINES: Final = 5
_A_LONG_NUMBER: Final = re.compile(r"\d{9,}")


class Orders:
    """Gives commands with rising numbers and finds the answers to them."""

    def __init__(self, office: StandingOffice, findings: Findings) -> None:
        self._office = office
        self._findings = findings
        self.n = time.time_ns() // 1_000_000

    def give(
        self,
        verb: str,
        args: Args | None = None,
        *,
        n: int | None = None,
        key: SigningKey | None = None,
        kiosk: str | None = None,
        ended: bool = False,
    ) -> tuple[Command, bytes]:
        """Say a command; the next number unless another is given."""
        if n is None:
            n = self.n = self.n + 1
        now = datetime(2020, 1, 1, tzinfo=UTC) if ended else datetime.now(UTC)
        address = self._office.office.address
        command = Command(test_id(), kiosk or address.kiosk, n, verb, now, now + timedelta(hours=1), args or {})
        signed = sign_command(command, key or self._office.office.command_key)
        self.say(command, signed)
        return command, signed

    def say(self, command: Command, signed: bytes) -> None:
        """Say it (again) as an office does."""
        address = self._office.office.address
        self._office.peer.say(
            address.command(command.verb),
            signed,
            expiry_s=3600,
            response_topic=address.response(command.verb),
            correlation=command.id.encode(),
        )

    def answers(self, command: Command, mark: int) -> list[tuple[Answer, Heard]]:
        """What the kiosk has answered to this command since, by its own signature."""
        found: list[tuple[Answer, Heard]] = []
        for _, heard, _ in self._office.since(mark, Kind.RESPONSE):
            try:
                answer = verify_answer(heard.payload, self._office.office.record_key)
            except SealingError as error:
                self._findings.expect("CK-CMD-08", False, "answers signed by the kiosk's record key", error)
                continue
            if answer.id == command.id:
                found.append((answer, heard))
        return found

    def must_answer(self, command: Command, mark: int, rules: tuple[str, ...], what: str) -> tuple[Answer, Heard]:
        """Wait for the answer. Raises Unmet."""
        found = self._office.until(lambda: next(iter(self.answers(command, mark)), None))
        if found is None:
            raise Unmet(rules, f"an answer to {what}", f"none within {self._office.within_s:g} s")
        return found

    def is_refused(self, rules: tuple[str, ...], command: Command, mark: int, what: str) -> None:
        """The command is answered by a refusal with a code."""
        answer, _ = self.must_answer(command, mark, rules, what)
        refused = answer.state == "refused" and bool(answer.code)
        self._findings.expect(rules, refused, f"{what} refused with a code", f"{answer.state} {answer.code}")


def give_commands(office: StandingOffice, findings: Findings) -> None:
    """A harmless command in every wrong way, and once in the right one; it asks for some lines of the log."""
    orders, mark = Orders(office, findings), office.mark()
    # Highest numbers first, from who may not: had the kiosk counted them, the good one would be too low.
    forged, _ = orders.give("logs", {"lines": 1}, n=orders.n + 1000, key=SigningKey.generate())
    other, _ = orders.give("logs", {"lines": 1}, n=orders.n + 1001, kiosk="conform-elsewhere")
    good, signed = orders.give("logs", {"lines": _LINES})
    answer, heard = orders.must_answer(good, mark, ("CK-CMD-08",), "a good command")
    findings.expect("CK-CMD-08", answer.state == "done", "done", f"{answer.state} {answer.code}")
    named = (heard.topic, heard.correlation)
    wanted = (office.office.address.response("logs"), good.id.encode())
    findings.expect("CK-CMD-18", named == wanted, f"answered on {wanted[0]} with its id", named)
    findings.expect("CK-CMD-02", answer.seen == good.n, f"{good.n} as the highest number taken", answer.seen)
    long = [line for line in answer.lines if _A_LONG_NUMBER.search(line)]
    findings.expect("CK-CMD-16", not long, "no long number in the log", f"{len(long)} lines with one")
    office.quiet()
    findings.expect("CK-CMD-01", not orders.answers(forged, mark), "no answer to a stranger's command", "one")
    findings.expect("CK-CMD-02", not orders.answers(other, mark), "no answer to another kiosk's command", "one")
    mark = office.mark()
    orders.say(good, signed)
    again, _ = orders.must_answer(good, mark, ("CK-CMD-07",), "a command that comes again")
    same = (again.state, again.lines, again.n) == (answer.state, answer.lines, answer.n)
    findings.expect("CK-CMD-07", same, "the same answer again", f"{again.state} {again.code}")
    mark = office.mark()
    old, _ = orders.give("logs", {"lines": 1}, n=good.n - 1)
    orders.is_refused(("CK-CMD-03",), old, mark, "a number that is not higher")
    ended, _ = orders.give("logs", {"lines": 1}, ended=True)
    orders.is_refused(("CK-CMD-05",), ended, mark, "a command that ended in 2020")
    unknown, _ = orders.give("sing")
    orders.is_refused(("CK-CMD-08",), unknown, mark, "a verb that nobody knows")
    setting, _ = orders.give("configure", {"name": "kiosk.kiosk_id", "value": "another"})
    orders.is_refused(("CK-CMD-15",), setting, mark, "a setting that is not on the list")


def lock_it(office: StandingOffice, findings: Findings) -> None:
    """Locked, the kiosk still takes a receipt in; then it is unlocked."""
    orders, mark = Orders(office, findings), office.mark()
    locked, _ = orders.give("lock", {"now": False})
    try:
        answer, _ = orders.must_answer(locked, mark, ("CK-CMD-08",), "a lock")
        findings.expect("CK-CMD-08", answer.state != "refused", "accepted or done", f"{answer.state} {answer.code}")
        before = office.waiting() or 0
        office.receive(first_of(office))
        office.until(lambda: True if office.waiting() == before - 1 else None)
        left = office.waiting()
        findings.expect(("CK-CMD-11", "CK-ACK-05"), left == before - 1, "a receipt taken in while locked", left)
    finally:
        mark = office.mark()
        unlocked, _ = orders.give("unlock")
        answer, _ = orders.must_answer(unlocked, mark, ("CK-CMD-08",), "an unlock")
        findings.expect("CK-CMD-08", answer.state == "done", "done", f"{answer.state} {answer.code}")
