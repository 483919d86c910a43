"""What the citizen sees: draws a View, sends an Event. Owns Kivy; decides nothing about the journey.

Call `environment.prepare` before importing `kiosk.ui.app`: Kivy reads its environment once, at its first import.
"""
