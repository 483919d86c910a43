"""The manifest of a backup: what was written reads back, and anything else is refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.office.copies import DATABASE, Manifest


@given(
    size=st.integers(0, 1 << 62),
    sha256=st.binary(min_size=32, max_size=32),
    at=st.datetimes(),
    last=st.none() | st.integers(0, 1 << 62),
)
def test_a_manifest_reads_back_as_it_was_written(size: int, sha256: bytes, at: datetime, last: int | None) -> None:
    manifest = Manifest(at.replace(tzinfo=UTC), size, sha256, last)
    assert Manifest.from_json(manifest.to_json()) == manifest


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["version", "made_at", "files", DATABASE, "size", "sha256", "last_receipt"]), inner
        )
    ),
)


@given(st.binary() | _json.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_manifest_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Manifest.from_json(data)
