"""A whole village on one computer. Never part of a field installation."""
