"""The yardstick: the same script files in a real Flask application, served by Werkzeug's own server."""
import asyncio
import importlib.util
import inspect
import logging
import threading

import flask
from werkzeug.serving import WSGIRequestHandler, make_server

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]


class QuietHandler(WSGIRequestHandler):
    def log(self, *_):
        pass


def view(path):
    """Loads a script and returns its main as a view function."""
    name = "parity_" + path.stem.replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call():
        result = module.main(flask.request)
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    return call


def application(folder):
    app = flask.Flask("peer", static_folder=None)
    app.secret_key = "the peer's own"
    app.logger.setLevel(logging.CRITICAL)
    for path in sorted(folder.glob("*.py")):
        app.add_url_rule(f"/{path.name}", path.stem, view(path), methods=METHODS, provide_automatic_options=False)
    return app


class Peer:
    """Serves the application from a thread of the test process."""

    def __init__(self, folder):
        self.server = make_server("127.0.0.1", 0, application(folder), threaded=True, request_handler=QuietHandler)
        self.address = self.server.server_address
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
