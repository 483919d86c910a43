"""Strategies for every message on the wire."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.wire import messages as m

UUIDS = st.uuids(version=4).map(lambda uuid: f"{str(uuid)[:14]}7{str(uuid)[15:]}")
NAMES = st.from_regex(r"\A[A-Za-z0-9-]{1,64}\Z")
TURNING = "".join(map(chr, (0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))))
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters=TURNING), max_size=40)
COUNTS = st.integers(0, (1 << 63) - 1)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone comes with it
OFFSETS = st.floats(-m.MAX_OFFSET_S, m.MAX_OFFSET_S)

MANIFESTS = st.builds(
    m.Manifest,
    id=UUIDS,
    n=st.integers(1, m.MAX_CHUNKS),
    size=st.integers(1, m.MAX_PACKAGE_BYTES),
    sha256=st.binary(min_size=32, max_size=32),
)
CHUNKS = st.builds(m.Chunk, id=UUIDS, i=st.integers(0, m.MAX_CHUNKS - 1), data=st.binary(min_size=1, max_size=200))
HAVES = st.builds(m.Have, id=UUIDS, ranges=st.lists(st.tuples(COUNTS, COUNTS), max_size=20))
RECEIPTS = st.builds(m.ReceiptMessage, cose=st.binary(min_size=1, max_size=300))
STATES = st.builds(m.State, st=st.sampled_from(("ready", "sleeping", "offline", "lost")))
TELEMETRY = st.builds(
    m.Telemetry,
    ts=TIMES,
    boot=TEXTS,
    seq_last=COUNTS,
    chain=st.binary(min_size=32, max_size=32).map(bytes.hex),
    outbox=st.builds(m.OutboxSample, n=COUNTS, bytes=COUNTS, oldest_s=COUNTS),
    batt=st.none() | st.builds(m.Battery, charge=st.none() | st.floats(0, 1), mains=st.booleans()),
    disk=st.none() | st.builds(m.Disk, free=COUNTS, size=COUNTS),
    clock=st.none() | st.builds(m.Clock, src=TEXTS, offset_s=st.none() | OFFSETS),
    net=st.none() | st.builds(m.Net, via=TEXTS, up_s=COUNTS),
    sw=TEXTS,
    slot=TEXTS,
    err=st.lists(NAMES, max_size=5),
)
REMEDY_TALLIES = st.integers(1, m.MAX_TRIES_A_DAY).flatmap(
    lambda tried: st.builds(
        m.RemedyTally,
        verdict=st.sampled_from(PrintVerdict),
        remedy=st.sampled_from(Remedy),
        tried=st.just(tried),
        helped=st.integers(0, tried),
        before=st.integers(0, 100 * tried),
        after=st.integers(0, 100 * tried),
    )
)
REMEDY_DAYS = st.builds(
    m.RemedyDay,
    epoch=st.binary(min_size=8, max_size=8).map(bytes.hex),
    day=st.dates(),
    rows=st.lists(REMEDY_TALLIES, min_size=1, max_size=12, unique_by=lambda row: (row.verdict, row.remedy)),
)
BIRTHS = st.builds(
    m.Birth,
    kiosk=st.from_regex(r"\A[A-Za-z0-9-]{1,32}\Z"),
    sw=TEXTS,
    slot=TEXTS,
    boot=TEXTS,
    drivers=st.dictionaries(NAMES, TEXTS, max_size=4),
    schemas=st.lists(TEXTS, max_size=3),
    max_chunk=COUNTS,
)
WORDS = st.from_regex(r"\A[a-z0-9_]{1,64}\Z")
ALERTS = st.builds(m.Alert, code=WORDS, level=st.sampled_from(("warning", "critical")), since=TIMES)
