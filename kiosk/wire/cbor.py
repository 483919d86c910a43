"""CBOR of plain types (RFC 8949) for messages: no tags, no indefinite lengths, nothing after the end."""

import io
from collections.abc import Mapping
from typing import NoReturn

import cbor2

_MAX_DEPTH = 8
# The tags that cbor2 would turn into dates, regular expressions, big numbers and the like by itself.
_BUILT_IN_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def _refuse_tag(_decoder: object, _value: object) -> NoReturn:
    raise ValueError("a CBOR tag where none is allowed")


_REFUSED: Mapping[int, cbor2.SemanticDecoderCallback] = dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag)


def encode_plain(value: object) -> bytes:
    """The deterministic encoding of a value of plain types."""
    return cbor2.dumps(value, canonical=True)


def decode_plain(data: bytes) -> object:
    """The value in `data`. Raises ValueError."""
    source = io.BytesIO(data)
    try:
        value = cbor2.load(
            source,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED,
            max_depth=_MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            read_size=1,
        )
    except (cbor2.CBORDecodeError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise ValueError("not plain CBOR") from error
    if source.tell() != len(data):
        raise ValueError("bytes follow the CBOR")
    return value
