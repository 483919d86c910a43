"""Three arithmetics that share nothing: the kiosk's, the soft card's, and OpenSSL's for the curves that it knows."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.soft_curves import CURVES, MODP
from kiosk.chip.curves import Curve, checked
from kiosk.chip.domain_parameters import STANDARD_CURVES, STANDARD_GROUPS
from kiosk.chip.errors import BadAnswer

KNOWN: dict[int, ec.EllipticCurve] = {
    8: ec.SECP192R1(),
    10: ec.SECP224R1(),
    12: ec.SECP256R1(),
    13: ec.BrainpoolP256R1(),
    15: ec.SECP384R1(),
    16: ec.BrainpoolP384R1(),
    17: ec.BrainpoolP512R1(),
    18: ec.SECP521R1(),
}
SCALARS = st.integers(1, 2**521)
FEW = settings(max_examples=12, deadline=None)


@pytest.mark.parametrize("number", KNOWN)
@given(SCALARS)
@FEW
def test_public_keys_are_those_that_openssl_makes(number: int, scalar: int) -> None:
    curve = STANDARD_CURVES[number]
    private = scalar % (curve.n - 1) + 1
    numbers = ec.derive_private_key(private, KNOWN[number]).public_key().public_numbers()
    assert curve.multiply(curve.base, private) == (numbers.x, numbers.y)


@pytest.mark.parametrize("number", STANDARD_CURVES)
@given(SCALARS, SCALARS)
@settings(max_examples=5, deadline=None)
def test_reader_and_card_agree_on_every_standardized_curve(number: int, one: int, other: int) -> None:
    ours, theirs = STANDARD_CURVES[number], CURVES[number]
    assert (ours.p, ours.a, ours.b, ours.base, ours.n) == (theirs.p, theirs.a, theirs.b, theirs.base, theirs.n)
    point = theirs.times(other % theirs.n or 1, theirs.base)
    assert point is not None
    assert ours.multiply(point, one) == theirs.times(one, point)
    assert ours.add(ours.base, point) == theirs.plus(theirs.base, point)


@pytest.mark.parametrize("number", STANDARD_CURVES)
def test_the_base_point_has_the_order_that_the_standard_states(number: int) -> None:
    curve = checked(STANDARD_CURVES[number])
    assert curve.multiply(curve.base, curve.n) is None
    assert curve.multiply(curve.base, curve.n + 1) == curve.base
    last = curve.multiply(curve.base, curve.n - 1)
    assert last == (curve.base[0], curve.p - curve.base[1])
    assert curve.add(curve.base, last) is None
    assert curve.add(curve.base, None) == curve.base
    assert curve.add(curve.base, curve.base) == curve.multiply(curve.base, 2)
    assert curve.multiply(None, 5) is None
    assert curve.multiply(curve.base, 0) is None


@pytest.mark.parametrize("number", STANDARD_GROUPS)
def test_the_generators_of_the_modp_groups_have_their_order(number: int) -> None:
    group = STANDARD_GROUPS[number]
    assert (group.p, group.g, group.q) == (MODP[number].p, MODP[number].g, MODP[number].q)
    assert group.contains(group.g)
    for outside in (0, 1, group.p - 1, group.p, group.p - group.g):
        assert not group.contains(outside)


@given(st.integers(1, 2**256))
@FEW
def test_points_are_written_and_read_again(scalar: int) -> None:
    curve = STANDARD_CURVES[13]
    point = curve.multiply(curve.base, scalar % curve.n or 1)
    assert point is not None
    written = curve.encoded(point)
    assert curve.decoded(written, what="it") == point
    assert CURVES[13].read(written) == point


@given(st.binary(max_size=70))
def test_what_is_no_point_of_the_curve_is_refused(garbage: bytes) -> None:
    with pytest.raises(BadAnswer, match="the key"):
        STANDARD_CURVES[13].decoded(b"\x04" + garbage, what="the key")


def test_coordinates_that_are_not_reduced_are_refused() -> None:
    curve = STANDARD_CURVES[18]
    x, y = curve.base
    with pytest.raises(BadAnswer):
        curve.decoded(b"\x04" + x.to_bytes(66, "big") + (y + curve.p).to_bytes(66, "big"), what="the key")


@pytest.mark.parametrize("change", ["p", "a", "b", "n", "h", "base", "small"])
def test_a_described_curve_that_cannot_be_right_is_refused(change: str) -> None:
    good = STANDARD_CURVES[12]
    values = {"p": good.p, "a": good.a, "b": good.b, "n": good.n, "h": good.h, "base": good.base}
    match change:
        case "base":
            values["base"] = (good.base[0], good.base[1] ^ 1)
        case "small":
            values |= {"p": 23, "a": 1, "b": 1, "base": (3, 10), "n": 28}
        case "h":
            values["h"] = 0
        case _:
            values[change] += 2  # type: ignore[operator]
    with pytest.raises(BadAnswer, match="curve"):
        checked(Curve("described", **values))  # type: ignore[arg-type]
