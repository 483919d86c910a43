"""Battery and mains."""
