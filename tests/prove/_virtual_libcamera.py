"""A pytest plugin: what picamera2 needs to run on libcamera's virtual camera, on a kernel without any media support.

Three things of a Raspberry Pi are not there: DRM (`kms`, imported by a preview that is never opened), raw modes of a
sensor, and dma-buf heaps. Buffers are plain memory instead, of two planes as NV12 has. The driver under test and
picamera2's own requests, jobs, streams and conversions are the real ones. Loaded inside the proof's Debian root only.
"""

# ruff: noqa: ANN401 - libcamera has no types

import mmap
import os
import sys
import types
from collections.abc import Sequence
from typing import Any

import libcamera  # pyright: ignore[reportMissingImports]


class _EveryName(type):
    """A class whose attributes exist, whatever they are called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


class _Anything(types.ModuleType):
    """A module that has every name: nothing of it is ever called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _EveryName(name, (), {})


for _name in ("kms", "pykms"):
    sys.modules.setdefault(_name, _Anything(_name))

import picamera2.picamera2 as library  # noqa: E402 # pyright: ignore[reportMissingImports]
from picamera2.allocators.allocator import Allocator, Sync  # noqa: E402 # pyright: ignore[reportMissingImports]


class _Mapped(Sync):
    """Hands out the memory that belongs to a buffer."""

    def __init__(self, allocator: "MemoryAllocator", buffer: Any, write: bool) -> None:
        del write
        self._memory = allocator.memory[buffer]

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *_: object) -> None:
        return None


class MemoryAllocator(Allocator):
    """Buffers as anonymous files (memfd): luma, then U and V by turns."""

    def __init__(self) -> None:
        super().__init__()
        self.sync = _Mapped
        self.memory: dict[Any, mmap.mmap] = {}
        self._buffers: dict[Any, list[Any]] = {}
        self._files: list[int] = []

    def allocate(self, libcamera_config: Sequence[Any], _use_case: object) -> None:
        """Make the buffers of each stream."""
        self.close()
        for stream in libcamera_config:
            self._buffers[stream.stream] = [self._buffer(stream) for _ in range(stream.buffer_count)]

    def _buffer(self, stream: Any) -> Any:
        file = os.memfd_create("frame")
        self._files.append(file)
        os.ftruncate(file, stream.frame_size)
        luma = stream.stride * stream.size.height
        planes = [libcamera.FrameBuffer.Plane(), libcamera.FrameBuffer.Plane()]
        for plane, (offset, length) in zip(planes, ((0, luma), (luma, stream.frame_size - luma)), strict=True):
            plane.fd, plane.offset, plane.length = file, offset, length
        buffer = libcamera.FrameBuffer(planes)
        self.memory[buffer] = mmap.mmap(file, stream.frame_size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        return buffer

    def buffers(self, stream: Any) -> list[Any]:
        """Give the buffers of a stream."""
        return self._buffers[stream]

    def close(self) -> None:
        """Let go of everything; a request that is still read keeps its own memory."""
        self.memory, self._buffers = {}, {}
        for file in self._files:
            os.close(file)
        self._files = []


def _one_raw_mode(_camera: object) -> list[dict[str, object]]:
    return [{"format": "SRGGB10", "size": (4608, 2592)}]


library.DmaAllocator = MemoryAllocator
library.Picamera2._get_raw_modes = _one_raw_mode
