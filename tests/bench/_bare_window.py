"""The yardstick: a Kivy window of the kiosk's size with one button, and nothing else. Says when its first frame is out.

Started with the kiosk's own Kivy settings, so that both sides draw the same way. Says so and ends.
"""

import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Open the window, tell the time of the first frame, end."""
    width_px, height_px = int(sys.argv[1]), int(sys.argv[2])
    from kiosk.ui import environment

    with tempfile.TemporaryDirectory() as home:
        environment.prepare(Path(home), offscreen=True)
        from kivy.config import Config

        Config.set("graphics", "width", width_px)
        Config.set("graphics", "height", height_px)
        from kivy.app import App
        from kivy.core.window import Window
        from kivy.uix.button import Button

        class Bare(App):
            """One button."""

            def build(self) -> Button:
                """Draw the button and watch for the first frame."""
                Window.bind(on_flip=self.flipped)
                return Button(text="Bắt đầu")

            def flipped(self, *_: object) -> None:
                """The frame is out."""
                print("first frame", flush=True)
                self.stop()

        Bare().run()


if __name__ == "__main__":
    main()
