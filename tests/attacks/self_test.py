"""An attack that a campaign is tested with: one attempt crashes, one hangs, one fails."""

import os
import time


def attempt(number: int) -> None:
    """Go wrong in three of six attempts."""
    if number == 1:
        os.abort()
    if number == 3:
        time.sleep(1000)
    if number == 4:
        raise ValueError("wrong")
