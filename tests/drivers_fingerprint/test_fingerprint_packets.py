from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fingerprint.packets import HEADER, Packet, PacketKind, PacketParser, pack_pixels, unpack_pixels

ALL_KINDS = frozenset(PacketKind)
HEAD = b"\xef\x01\xff\xff\xff\xff"

# Content that looks like headers and whole frames is the hard part, so it is drawn often.
hard_pieces = st.sampled_from([b"\xef", HEADER, HEAD, HEAD + b"\x07\x00\x03", HEAD + b"\x02\x01\x02", b"\xff" * 9])
content = st.lists(st.one_of(hard_pieces, st.binary(max_size=40)), min_size=1, max_size=12).map(
    lambda pieces: b"".join(pieces)[:256] or b"\x00"
)
packets = st.builds(Packet, st.sampled_from(PacketKind), content)
garbage = st.lists(st.one_of(hard_pieces, st.binary(max_size=12)), max_size=4).map(b"".join)


def chunks(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[a:b] for a, b in pairwise(edges)]


def parse(pieces: Iterable[bytes]) -> tuple[list[Packet], PacketParser]:
    parser = PacketParser(ALL_KINDS)
    found = [packet for piece in pieces for packet in parser.feed(piece)]
    return found, parser


def test_a_handshake_is_the_bytes_of_the_manual() -> None:
    # VfyPwd with password 0, and its acknowledgement, as printed in the ZFM-20 manual 2.0.
    assert Packet(PacketKind.COMMAND, b"\x13\0\0\0\0").encode().hex() == "ef01ffffffff010007130000000000" + "1b"
    found, _ = parse([bytes.fromhex("ef01ffffffff07000300000a")])
    assert found == [Packet(PacketKind.ACK, b"\x00")]


@given(sent=st.lists(packets, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_packets_survive_any_chunking(sent: list[Packet], cuts: list[int]) -> None:
    found, parser = parse(chunks(b"".join(packet.encode() for packet in sent), cuts))
    assert found == sent
    assert (parser.bad_frames, parser.skipped_bytes, parser.pending_bytes) == (0, 0, 0)


@given(sent=st.lists(st.tuples(garbage, packets), min_size=1, max_size=3), cuts=st.lists(st.integers(0, 2000)))
def test_garbage_between_packets_is_skipped(sent: list[tuple[bytes, Packet]], cuts: list[int]) -> None:
    stream = b"".join(noise + packet.encode() for noise, packet in sent)
    found, parser = parse(chunks(stream, cuts))
    found += parser.settle()
    # A frame can only be lost to a false header in the garbage if that header's sum fits by chance: never drawn here.
    assert [packet for packet in found if packet in [real for _, real in sent]] == [packet for _, packet in sent]
    assert parser.pending_bytes == 0


@given(inner=packets.filter(lambda packet: len(packet.content) <= 200), cuts=st.lists(st.integers(0, 2000)))
def test_a_whole_packet_inside_a_payload_is_only_payload(inner: Packet, cuts: list[int]) -> None:
    outer = Packet(PacketKind.DATA, b"\xff" * 20 + inner.encode())
    found, parser = parse(chunks(outer.encode() + inner.encode(), cuts))
    assert found == [outer, inner]
    assert parser.bad_frames == 0


@given(packet=packets, place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_never_passes_as_the_packet(packet: Packet, place: int, bit: int) -> None:
    frame = bytearray(packet.encode())
    frame[place % len(frame)] ^= 1 << bit
    found, parser = parse([bytes(frame)])
    assert packet not in [*found, *parser.settle()]


def test_the_packet_after_a_shortened_one_is_found() -> None:
    first, second = Packet(PacketKind.DATA, bytes(range(100))), Packet(PacketKind.END, b"abc")
    found, parser = parse([first.encode()[:50] + first.encode()[51:] + second.encode()])
    assert found == [second]
    assert parser.bad_frames == 1


def test_a_packet_from_another_address_is_no_answer() -> None:
    found, parser = parse([Packet(PacketKind.ACK, b"\0", 0x11223344).encode()])
    assert not found
    assert parser.bad_frames == 1


@pytest.mark.parametrize("size", [0, 257])
def test_a_packet_of_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        Packet(PacketKind.DATA, bytes(size)).encode()


@given(st.binary(max_size=300).filter(lambda grey: len(grey) % 2 == 0))
def test_pixels_keep_their_upper_half_and_their_order(grey: bytes) -> None:
    assert unpack_pixels(pack_pixels(grey)) == bytes((value >> 4) * 17 for value in grey)


def test_the_left_pixel_is_the_high_half() -> None:
    assert pack_pixels(b"\x10\xf0") == b"\x1f"
    with pytest.raises(ValueError, match="even"):
        pack_pixels(b"\x10")
