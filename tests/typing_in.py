"""Commands as they are typed, run in this process: the real command line with its complaints, without its start."""

from __future__ import annotations

import contextlib
import gc
import io
import sys

import pytest

from kiosk.cli import main


def typed(*words: str) -> tuple[int, str, str]:
    """Run `kiosk WORDS`; its exit code, what it said, and what it complained of.

    A process of its own takes most of a second to start; that one starts at all is shown where programs are real ones.
    """
    said, complaint, code = io.StringIO(), io.StringIO(), 0
    # What an earlier test left behind must not be found, and complained of, just now.
    collects = gc.isenabled()
    gc.disable()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complaint),
    ):
        patch.setattr(sys, "argv", ["kiosk", *words])
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            if collects:
                gc.enable()
    return code, said.getvalue(), complaint.getvalue()
