"""What can go wrong with what is kept under the vault."""


class StorageError(Exception):
    """Something under the vault cannot be kept or read."""


class DraftUnreadable(StorageError):
    """A draft does not open with this vault key, or a part of it is missing. It is kept as it is."""
