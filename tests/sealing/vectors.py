"""Packages that were sealed once and must open for ever, by keys that anybody can derive: they protect nothing.

    python -m tests.sealing.vectors > tests/sealing/vectors.json

Only for a new suite or a new version of the package, whose vectors are added; what is there is never made anew.
"""

import base64
import json
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import seal
from kiosk.sealing.suites import HYBRID, SUITES, OpeningKey
from tests.sealing.parties import Parties

FILE = Path(__file__).with_name("vectors.json")
SUMMARY, BODY = b"who and where", b"prints and portrait"


def opening_key(name: str, suite: str) -> OpeningKey:
    """The opening key of this name; its secret is a hash of it."""
    x25519 = X25519PrivateKey.from_private_bytes(sha256(f"x25519 {name}".encode()).digest())
    if suite != HYBRID:
        return OpeningKey(x25519)
    seed = sha256(f"d {name}".encode()).digest() + sha256(f"z {name}".encode()).digest()
    return OpeningKey(x25519, MLKEM768PrivateKey.from_seed_bytes(seed))


def parties(suite: str, *, escrow: bool) -> Parties:
    """Everybody, by name."""
    signer = SigningKey(Ed25519PrivateKey.from_private_bytes(sha256(b"kiosk").digest()))
    keys = [opening_key(name, suite) for name in ("summary", "body", "escrow")]
    return Parties(signer, signer, keys[0], keys[1], keys[2] if escrow else None)


def main() -> int:
    """Print a package of each suite and version."""
    made: dict[str, str] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    for suite in SUITES:
        for escrow in (False, True):
            one = parties(suite, escrow=escrow)
            package = seal(one.header(), summary=SUMMARY, body=BODY, recipients=one.recipients, signer=one.kiosk)
            made.setdefault(f"{suite} {2 if escrow else 1}", base64.b64encode(package).decode())
    json.dump(made, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
