"""The audit chain: no entry can be changed, removed or exchanged without being noticed, and none names a person."""

import resource
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.sealing.chain import AuditChain, Head, read_chain, verify_chain
from kiosk.sealing.errors import BadEncoding, ChainBroken
from tests.sealing.parties import Clock


@pytest.fixture
def written(tmp_path: Path, clock: Clock) -> Path:
    chain = AuditChain.open(tmp_path / "audit.jsonl", clock)
    for n in range(5):
        clock.seconds += 1
        chain.append("officer.signed_in", officer=f"can-bo-{n}", tries=n, late=n > 3)
    return tmp_path / "audit.jsonl"


def test_a_chain_goes_on_after_a_restart(written: Path, clock: Clock) -> None:
    chain = AuditChain.open(written, clock)
    assert chain.head == verify_chain(written)
    chain.append("kiosk.started")

    assert [entry.n for entry in read_chain(written)] == [1, 2, 3, 4, 5, 6]
    assert chain.head == verify_chain(written, witness=Head(5, list(read_chain(written))[4].hash))


@given(st.integers(0), st.integers(0, 7))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_bit_is_found_with_the_head_as_witness(written: Path, place: int, bit: int) -> None:
    content = bytearray(written.read_bytes())
    witness = verify_chain(written)
    content[place % len(content)] ^= 1 << bit
    changed = written.with_name("changed.jsonl")
    changed.write_bytes(content)

    with pytest.raises(ChainBroken):
        verify_chain(changed, witness=witness)


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (0, 2, 3, 4), (0, 1, 3, 2, 4), (0, 0, 1, 2, 3, 4), (0, 1, 2, 3)])
def test_removed_repeated_and_exchanged_entries_are_found(written: Path, order: tuple[int, ...]) -> None:
    witness = verify_chain(written)
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join(lines[n] for n in order))

    with pytest.raises(ChainBroken):
        verify_chain(written, witness=witness)


def test_a_line_that_a_power_cut_left_half_written_is_put_aside(written: Path, clock: Clock) -> None:
    head = verify_chain(written)
    with written.open("ab") as file:
        file.write(b'{"n":6,"at"')
    chain = AuditChain.open(written, clock)

    assert chain.head == head
    assert written.with_name("audit.jsonl.torn").read_bytes() == b'{"n":6,"at"\n'
    chain.append("kiosk.started")
    assert verify_chain(written).n == 6


def test_the_first_broken_entry_is_named(written: Path) -> None:
    lines = written.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"can-bo-2", b"can-bo-9")
    written.write_bytes(b"".join(lines))

    with pytest.raises(ChainBroken) as broken:
        verify_chain(written)
    assert broken.value.index == 4


@pytest.mark.parametrize("value", ["Nguyễn Văn A", "Nguyen Van A", "a b", "x" * 129, "a\n"])
def test_free_text_cannot_be_written_down(tmp_path: Path, clock: Clock, value: str) -> None:
    chain = AuditChain.open(tmp_path / "audit.jsonl", clock)
    with pytest.raises(BadEncoding):
        chain.append("officer.signed_in", officer=value)
    with pytest.raises(BadEncoding):
        chain.append(value)
    assert not (tmp_path / "audit.jsonl").exists()


def test_a_line_that_found_no_room_leaves_the_chain_whole(written: Path, clock: Clock) -> None:
    chain = AuditChain.open(written, clock)
    head, size = chain.head, written.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        # The system then takes as many bytes as fit, exactly as a disk does that is getting full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
        with pytest.raises(OSError, match="No space left"):
            chain.append("kiosk.started")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert written.stat().st_size == size
    assert chain.head == head
    chain.append("kiosk.started")
    assert verify_chain(written, witness=head).n == head.n + 1
