"""Deterministic CBOR (RFC 8949 section 4.2.1), plain types only.

What is signed must have one single form: decoding refuses trailing bytes, indefinite lengths, longer-than-needed
numbers, unsorted or repeated keys, and every tag.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

import cbor2

from kiosk.sealing.errors import BadEncoding

_MAX_DEPTH = 16
# The tags that cbor2 would turn into dates, regular expressions, big numbers and the like by itself.
_BUILT_IN_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def _refuse_tag(*_args: object) -> NoReturn:
    raise BadEncoding("a CBOR tag where none is allowed")


_REFUSED: Mapping[int, cbor2.SemanticDecoderCallback] = dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag)


def encode(value: object) -> bytes:
    """The deterministic encoding of `value` (None, bool, int, float, str, bytes, list, dict)."""
    try:
        return cbor2.dumps(value, canonical=True)
    except (cbor2.CBOREncodeError, ValueError, TypeError, OverflowError) as error:
        raise BadEncoding("the value cannot be written as CBOR") from error


def decode(data: bytes) -> Any:  # noqa: ANN401 -- whatever it is, the caller checks
    """The value that `data` is the deterministic encoding of.

    Raises BadEncoding for anything that `encode` would not have written exactly so.
    """
    try:
        value = cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED,
            max_depth=_MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise BadEncoding("not CBOR as it should be") from error
    if encode(value) != data:
        raise BadEncoding("the CBOR is not in its deterministic form, or bytes follow it")
    return value


def numbered(value: object, numbers: frozenset[int]) -> dict[int, Any]:
    """`value`, when it is a map with exactly these whole numbers as keys. Raises BadEncoding.

    Looks at the keys' types too, because True and 1.0 equal 1 in Python and are other things in CBOR.
    """
    if not isinstance(value, dict) or value.keys() != numbers or any(type(key) is not int for key in value):
        raise BadEncoding(f"not a map with exactly the keys {', '.join(map(str, sorted(numbers)))}")
    return value
