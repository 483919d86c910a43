"""The case around the screen: call lamp, ring light, help button, tamper contact."""
