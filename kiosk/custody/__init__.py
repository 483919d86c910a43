"""Where do sealed things wait? The outbox (written by the kiosk alone) and the inbox (written by the uplink alone).

The only promise that counts is kept here: a package leaves the outbox's care by a verified receipt and nothing else.
Refuses to read what is sealed, and to evict or expire anything.
"""
