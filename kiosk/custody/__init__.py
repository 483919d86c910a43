"""Where do sealed things wait? The outbox and inbox files."""
