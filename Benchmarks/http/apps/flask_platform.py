"""A company's "scripts as APIs" platform on Flask, written with care: what the WSGI peers serve."""

import os
from time import perf_counter

from flask import Flask, g, request

import bench_access
import bench_log
import bench_scripts

app = Flask(__name__, static_folder=None)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@app.before_request
def admit():
    """Address list, then key; both must pass."""
    context = g._get_current_object()
    context.started = perf_counter()
    context.trace_id = bench_log.new_trace_id()
    context.caller = None
    environ = request.environ
    if not bench_access.address_allowed(environ["REMOTE_ADDR"]):
        return {"error": "address not allowed"}, 403
    caller = bench_access.caller_of(environ.get("HTTP_X_API_KEY", ""))
    if caller is None:
        return {"error": "X-API-Key is missing or unknown"}, 401
    context.caller = caller
    return None


@app.after_request
def record(response):
    """The trace id on the answer and the line in the log."""
    context = g._get_current_object()
    environ = request.environ
    response.headers["X-Trace-Id"] = context.trace_id
    bench_log.write(
        environ["REQUEST_METHOD"], environ["PATH_INFO"], response.status_code,
        perf_counter() - context.started, environ["REMOTE_ADDR"], context.caller, context.trace_id)
    return response


@app.route("/api/<path:name>", methods=METHODS)
def call(name):
    """Runs the script; Flask makes the response of what `main` returns."""
    main = bench_scripts.find(name)
    if main is None:
        return {"error": "no such script"}, 404
    return main(request._get_current_object())


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run("127.0.0.1", int(os.environ["BENCH_PORT"]), threaded=True)
