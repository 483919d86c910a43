"""Who may read or sign this? Packages, receipts, keys, the officer vault and the audit chain.

Owns every use of a secret key except the chip's and TLS's. Refuses to know where sealed things are kept (custody,
storage) or how they travel (wire).
"""
