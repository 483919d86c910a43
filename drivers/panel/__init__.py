"""The case around the screen: call lamp, ring light, help button, yes and no keys, tamper contact."""
