"""Waits 50 ms, as a script does that asks a database or another service."""

import time


def main(request):
    time.sleep(0.05)
    return {"slept": 50}
