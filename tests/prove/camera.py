"""The camera driver takes pictures through the real libcamera and picamera2.

Builds a Debian 13 root with libcamera of its backports (whose virtual camera delivers pictures from a folder) and
PyPI's picamera2, and passes the driver's tests there on Debian's own Python. Needs root and a network for the first
build; the root is kept outside the project and used again. Mounts live in a namespace of their own and go with the
process.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PICAMERA2: Final = "picamera2==0.3.38"
#: Taken in the versions of requirements/test.lock.
_LOCKED: Final = ("hypothesis", "opencv-python-headless", "pillow", "pytest", "pytest-timeout")
_BACKPORTS: Final = ("python3-libcamera", "libcamera-tools", "libcamera-ipa")
_PACKAGES: Final = (
    *("python3-venv", "python3-dev", "gcc", "libc6-dev", "libcap-dev", "libarchive13t64"),
    *("python3-numpy", "python3-prctl", "python3-pil", "python3-av"),
)
_BUILT: Final = "built-for-the-proof"
_PICTURES: Final = 6
_SCENE: Final = """%YAML 1.1
---
"KioskCam":
  supported_formats:
  - {width: 4608, height: 2592, frame_rates: [30, 30]}
  - {width: 640, height: 360, frame_rates: [30, 30]}
  frames: {path: "/srv/frames", scale_mode: "fill"}
  location: "CameraLocationFront"
  model: "KioskCam"
"""


class ProofError(Exception):
    """The proof cannot be made here; the message says what stands in the way."""


def done(command: Sequence[str], *, env: dict[str, str] | None = None) -> None:
    """Do one step of the building. Raises ProofError with the last lines of what it said."""
    print(f"  {' '.join(command)[:110]}", flush=True)
    ended = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=1800)
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip().splitlines()[-12:]
        raise ProofError(f"{command[0]} ended with {ended.returncode}:\n" + "\n".join(said))


def locked() -> list[str]:
    """Give what the tests need, in the versions that the project's own tests run with."""
    lock = (REPOSITORY / "requirements" / "test.lock").read_text(encoding="utf-8")
    found = {name: re.search(rf"^{name}==\S+", lock, re.MULTILINE) for name in _LOCKED}
    if missing := [name for name, match in found.items() if match is None]:
        raise ProofError(f"requirements/test.lock has no {missing[0]}")
    return [match.group() for match in found.values() if match is not None]


def own_mirror() -> str:
    """Say where this machine's apt finds Debian's packages. Raises ProofError when it does not say."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian"],
        capture_output=True,
        text=True,
        check=False,
    )
    sites = [line.strip() for line in asked.stdout.splitlines() if line.strip().endswith("/debian")]
    if not sites:
        raise ProofError("apt does not say where Debian's packages are: run `apt-get update`, or give --mirror URL")
    return sites[0]


def build(root: Path, mirror: str) -> None:
    """Build the root, or do nothing when it stands. Raises ProofError."""
    if (root / _BUILT).exists():
        print(f"using {root}", flush=True)
        return
    print(f"building {root}", flush=True)
    if shutil.which("mmdebstrap") is None:
        done(["apt-get", "install", "-y", "--no-install-recommends", "mmdebstrap"])
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    sources = [f"deb {mirror} {suite} main" for suite in ("trixie", "trixie-backports")]
    done(["mmdebstrap", "--variant=apt", "--include=ca-certificates", "trixie", str(root), *sources])
    apt = ["apt-get", "install", "-y", "--no-install-recommends"]
    inside(root, ["apt-get", "update"])
    inside(root, [*apt, "-t", "trixie-backports", *_BACKPORTS])
    inside(root, [*apt, *_PACKAGES])
    inside(root, ["python3", "-m", "venv", "--system-site-packages", "/opt/proof"])
    inside(root, ["/opt/proof/bin/pip", "install", "-q", "--prefer-binary", PICAMERA2, *locked()])
    (root / _BUILT).touch()


def inside(root: Path, command: Sequence[str]) -> None:
    """Do one step inside the root. Raises ProofError."""
    done(entered(root, command), env=environment(root))


def environment(root: Path) -> dict[str, str]:
    """What a program inside the root gets: nothing of this computer's settings but who it trusts for TLS."""
    trusted = os.environ.get("SSL_CERT_FILE")
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
    if trusted:
        shutil.copyfile(trusted, root / "root" / "trusted.pem")
        env |= {"PIP_CERT": "/root/trusted.pem", "SSL_CERT_FILE": "/root/trusted.pem"}
    return env


def entered(root: Path, command: Sequence[str]) -> list[str]:
    """Give the command line that runs `command` inside the root, with this project read-only under /kiosk."""
    (root / "kiosk").mkdir(exist_ok=True)
    script = (
        'r=$1; p=$2; shift 2; mount --bind /proc "$r/proc" && mount --bind /dev "$r/dev"'
        ' && mount --bind "$p" "$r/kiosk" && mount -o remount,bind,ro "$r/kiosk" && exec chroot "$r" "$@"'
    )
    return ["unshare", "--mount", "sh", "-ec", script, "sh", str(root), str(REPOSITORY), *command]


def hang_pictures(root: Path) -> None:
    """Give the virtual camera something to look at: a disc that moves before stripes."""
    frames = root / "srv" / "frames"
    frames.mkdir(parents=True, exist_ok=True)
    for number in range(_PICTURES):
        picture = Image.new("RGB", (1920, 1080), (60 + 20 * number, 120, 180 - 20 * number))
        draw = ImageDraw.Draw(picture)
        for x in range(0, 1920, 48):
            draw.rectangle((x, 0, x + 24, 540), fill=(230, 230, 230))
        draw.ellipse((700 + 60 * number, 300, 1100 + 60 * number, 900), fill=(210, 160, 130))
        picture.save(frames / f"{number:02d}.jpg", quality=90)
    (root / "usr/share/libcamera/pipeline/virtual/virtual.yaml").write_text(_SCENE, encoding="ascii")


def main() -> int:
    """Build, look what is there, and run the driver's tests. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove camera", description=__doc__)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument("--root", type=Path, default=cache / "can-cuoc-kiosk" / "camera-root")
    parser.add_argument("--mirror", help="Debian's packages; without it, where this machine's own apt looks")
    arguments = parser.parse_args()
    try:
        if os.geteuid() != 0:
            raise ProofError("run it as root: it builds a Debian root and enters it")
        root = arguments.root.resolve()
        build(root, arguments.mirror or own_mirror())
        hang_pictures(root)
        inside(root, ["cam", "-l"])
    except (ProofError, OSError, subprocess.SubprocessError) as error:
        print(f"prove camera: {error}", file=sys.stderr)
        return 1
    tests = [
        *("/opt/proof/bin/python", "-B", "-m", "pytest", "-q", "-p", "tests.prove._virtual_libcamera", "--hardware"),
        *("-p", "no:cacheprovider", "-W", "default", "--rootdir=/kiosk", "-c", "/kiosk/pyproject.toml"),
        "/kiosk/tests/drivers_camera",
    ]
    ended = subprocess.run(
        entered(root, ["env", "-C", "/kiosk", "PYTHONPATH=/kiosk", *tests]),
        env=environment(root),
        check=False,
        timeout=900,
    )
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
