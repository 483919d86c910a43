"""What of a citizen survives a power cut? Drafts, sealed under the vault key.

Refuses to write anything of a citizen that is not sealed, and to know what is inside a draft.
"""
