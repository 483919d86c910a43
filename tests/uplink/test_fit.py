"""Chunk, window and keep-alive follow what the link was measured to carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.uplink.fit import CHUNKS, MAX_KEEPALIVE_S, LinkFit
from kiosk.wire.chunking import TOGETHER_BYTES

KILO = 1024


def measured(rate: float, *, chunks: int = 20) -> LinkFit:
    fit = LinkFit(slow_chunk_s=4.0, window=16, keepalive_s=60)
    now_s = 100.0
    for _ in range(chunks):
        size = fit.chunk_bytes()
        sent_at_s, now_s = now_s, now_s + size / rate
        fit.acknowledged(size, sent_at_s=sent_at_s, now_s=now_s)
    return fit


@pytest.mark.parametrize(
    ("rate", "chunk", "window", "keepalive_s"),
    [
        (10_000_000, 64 * KILO, 16, 60),
        (100 * KILO, 64 * KILO, 12, 60),
        (16_000, 32 * KILO, 3, 60),
        (4 * KILO, 16 * KILO, 2, 60),
        (1 * KILO, 8 * KILO, 2, 64),
    ],
)
def test_a_slower_link_gets_smaller_chunks_and_fewer_at_once(
    rate: float, chunk: int, window: int, keepalive_s: int
) -> None:
    fit = measured(rate)
    assert (fit.chunk_bytes(), fit.window(fit.chunk_bytes()), fit.keepalive_s()) == (chunk, window, keepalive_s)


def test_before_anything_is_measured_the_link_counts_as_fast() -> None:
    fit = LinkFit(slow_chunk_s=4.0, window=8, keepalive_s=60)
    assert (fit.chunk_bytes(), fit.window(CHUNKS[0]), fit.keepalive_s(), fit.bytes_per_s) == (CHUNKS[0], 8, 60, None)


def test_a_chunk_that_waited_behind_another_is_timed_from_the_end_of_that_one() -> None:
    fit = LinkFit(slow_chunk_s=4.0, window=8, keepalive_s=60)
    for n in range(1, 5):
        fit.acknowledged(32 * KILO, sent_at_s=0.0, now_s=2.0 * n)
    assert fit.bytes_per_s == pytest.approx(16 * KILO)


def test_less_than_the_smallest_chunk_says_nothing_against_the_link() -> None:
    fit = LinkFit(slow_chunk_s=4.0, window=8, keepalive_s=60)
    fit.acknowledged(64 * KILO, sent_at_s=0.0, now_s=1.0)
    for n in range(1, 10):
        fit.acknowledged(500, sent_at_s=10.0 * n, now_s=10.0 * n + 0.5)  # a round trip by satellite
    assert fit.bytes_per_s == 64 * KILO
    fit.acknowledged(1000, sent_at_s=200.0, now_s=200.001)
    assert fit.bytes_per_s > 64 * KILO


def test_together_goes_what_is_through_within_seconds_and_one_alone_before_any_measure() -> None:
    # CK-ENROL-15
    fit = LinkFit(slow_chunk_s=4.0, window=8, keepalive_s=60)
    assert fit.together_bytes() == 0
    assert measured(16_000).together_bytes() == pytest.approx(128_000, rel=0.01)
    assert measured(10_000_000).together_bytes() == TOGETHER_BYTES


@given(samples=st.lists(st.tuples(st.integers(1, 65_536), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1))
def test_whatever_is_measured_the_limits_hold(samples: list[tuple[int, float, float]]) -> None:
    # CK-LINK-03
    fit = LinkFit(slow_chunk_s=4.0, window=16, keepalive_s=60)
    for size, sent_at_s, now_s in samples:
        fit.acknowledged(size, sent_at_s=sent_at_s, now_s=now_s)
    assert fit.chunk_bytes() in CHUNKS
    assert 1 <= fit.window(fit.chunk_bytes()) <= 16
    assert 60 <= fit.keepalive_s() <= MAX_KEEPALIVE_S
