"""What of a citizen survives a power cut? Drafts and roster, under the vault."""
