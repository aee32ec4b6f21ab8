"""Streams one line a second: curl -N .../countdown.py?from=5"""
import time

from flask import Response


def main(request):
    start = min(request.args.get("from", 5, type=int), 60)

    def lines():
        for number in range(start, 0, -1):
            yield f"{number}\n"
            time.sleep(1)
        yield "lift-off\n"

    return Response(lines(), mimetype="text/plain")
