"""Several threads, and even a second kiosk process by mistake: every number is still given out once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kiosk.custody.entries import NO_PREVIOUS, OutboxEntry
from kiosk.custody.reader import OutboxReader
from tests.custody.test_outbox import Kiosk, open_kiosk


def test_numbers_and_chain_stay_whole_when_many_commit_and_read_at_once(tmp_path: Path) -> None:
    kiosks = [open_kiosk(tmp_path), open_kiosk(tmp_path)]
    reader = OutboxReader(tmp_path / "shared" / "outbox.db", deadline_s=30)

    def work(number: int) -> list[OutboxEntry]:
        kiosk: Kiosk = kiosks[number % 2]
        return [kiosk.commit(f"{number}-{n}", size=10_000) for n in range(5)]

    def watch(_: int) -> None:
        for _ in range(20):
            entries = reader.unsettled(limit=1000)
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))

    with ThreadPoolExecutor(6) as pool:
        watched = [pool.submit(watch, 0), pool.submit(watch, 1)]
        committed = [entry for entries in pool.map(work, range(4)) for entry in entries]
        for future in watched:
            future.result(timeout=60)

    committed.sort(key=lambda entry: entry.seq)
    assert [entry.seq for entry in committed] == list(range(1, 21))
    assert [entry.prev for entry in committed] == [NO_PREVIOUS, *(entry.sha256 for entry in committed[:-1])]
    assert reader.summary().last_seq == 20
    for kiosk in kiosks:
        kiosk.database.close()
