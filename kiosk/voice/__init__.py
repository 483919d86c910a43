"""Who speaks now? Clips, the espeak-ng process, volume, interruption."""
