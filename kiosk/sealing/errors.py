"""What can go wrong when something is signed, sealed, checked or opened, as one tree of exceptions.

Messages name what was wrong and what to do; they never carry a key, a PIN or a citizen's data.
"""


class SealingError(Exception):
    """Something about a key, a signature or a sealed thing is not as it should be."""


class BadEncoding(SealingError, ValueError):
    """The bytes are not the deterministic CBOR or the COSE structure that they should be."""


class BadSignature(SealingError):
    """The signature does not belong to these bytes and this key."""


class WrongKey(SealingError):
    """The thing was made for, or by, another key than the one given."""


class CannotOpen(SealingError):
    """The sealed bytes do not open with this key: they were changed, or they are bound to something else."""


class UnknownSuite(SealingError):
    """The thing is sealed by a suite that this program does not know: a newer one opens it."""


class KeyFileError(SealingError):
    """A key file is missing, unreadable, open to other users, or not a key of the kind expected."""


class VaultError(SealingError):
    """The officer vault cannot be used."""


class VaultLocked(VaultError):
    """The vault key has been wiped: an officer must sign in again."""


class WeakPin(VaultError, ValueError):
    """The PIN or passphrase is too weak for the secret that stands beside it."""


class VaultExists(VaultError, FileExistsError):
    """This officer already has a place in the vault."""


class VaultMissing(VaultError, FileNotFoundError):
    """This kiosk has no vault yet: an officer has to be enrolled first."""


class VaultUnwritable(VaultError, OSError):
    """The vault or its state of tries cannot be written, so no try is allowed: see to the disk and its rights."""


class VaultDamaged(VaultError):
    """The vault file makes no sense, or other users can read it."""


class UnknownOfficer(VaultError, LookupError):
    """This officer has no place in the vault of this kiosk."""


class CardNeeded(VaultError):
    """This officer's place opens with their own card beside the PIN: no try is made without it."""


class WrongCard(VaultError):
    """The card is not the one that was registered for this officer; this costs no try."""


class WrongPin(VaultError):
    """The PIN or passphrase is wrong. `tries_left` counts the tries before the next delay."""

    def __init__(self, message: str, tries_left: int) -> None:
        super().__init__(message)
        self.tries_left = tries_left


class VaultDelayed(VaultError):
    """Too many wrong tries: the vault does not even try before `wait_s` seconds are over."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ChainBroken(SealingError):
    """An entry of the audit chain was changed, removed or put in another order. `index` is the first bad one."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index
