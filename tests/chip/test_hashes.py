import functools

from hypothesis import given
from hypothesis import strategies as st

from drivers.card.demo_authority import DemoAuthority
from kiosk.chip.errors import BadAnswer
from kiosk.chip.hashes import Verdict, check_hashes, listed_hashes

GROUPS = {1: b"the first", 2: b"the second"}


@functools.cache
def sod() -> bytes:
    return DemoAuthority().sign(GROUPS)


def test_files_that_the_security_object_names_match() -> None:
    assert check_hashes(sod(), GROUPS).verdict is Verdict.YES
    assert check_hashes(sod(), {2: GROUPS[2]}).verdict is Verdict.YES


def test_a_changed_or_unnamed_file_does_not_match() -> None:
    assert "DG2" in check_hashes(sod(), {**GROUPS, 2: b"another"}).reason
    unnamed = check_hashes(sod(), {**GROUPS, 13: b"more"})
    assert unnamed.verdict is Verdict.NO
    assert "DG13" in unnamed.reason


def test_without_a_security_object_or_files_nothing_is_claimed() -> None:
    assert check_hashes(None, GROUPS).verdict is Verdict.NOT_CHECKABLE
    assert check_hashes(sod(), {}).verdict is Verdict.NOT_CHECKABLE


@given(st.data())
def test_a_spoilt_security_object_never_gives_a_match_it_does_not_state(data: st.DataObject) -> None:
    spoilt = bytearray(sod())
    at = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[at] ^= data.draw(st.integers(1, 255))
    try:
        listed = listed_hashes(bytes(spoilt))
    except BadAnswer:
        assert check_hashes(bytes(spoilt), GROUPS).verdict is Verdict.NOT_CHECKABLE
        return
    intact = listed == listed_hashes(sod())
    assert (check_hashes(bytes(spoilt), GROUPS).verdict is Verdict.YES) == intact
