"""The Flask application around one script: what makes `flask.request`, `g`, `session`, ... work in `main`."""

from __future__ import annotations

import inspect
import os
from typing import Any, Callable

import flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import InternalServerError
from werkzeug.routing import Rule

from . import aio
from .result import check
from .session_key import SessionKey


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, without the work for requests that neither bring nor touch a session."""

    def open_session(self, app: Any, request: Any) -> Any:
        if app.secret_key and "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Any, session: Any, response: Any) -> None:
        if session or session.modified or session.accessed:
            super().save_session(app, session, response)


class ScriptApp(flask.Flask):
    """A Flask application whose only view is the `main` of one script.

    `outcome` gives the view's result. Errors that no handler of the script takes are raised, not turned into
    an answer here.
    """

    session_interface = _Sessions()

    def __init__(self, name: str, folder: str, prefix: str, path: str, sessions: SessionKey) -> None:
        super().__init__(name, root_path=folder, instance_path=os.path.join(folder, "instance"))
        self.secret_key = sessions.secret
        self.config["SESSION_COOKIE_NAME"] = sessions.cookie
        self.config["TEMPLATES_AUTO_RELOAD"] = True
        self.script_path = path
        if "<" not in path:
            self.url_map.add(Rule(f"{prefix}/{path}", endpoint="main", methods=None))
        self.outcome: Callable[[], Any] = lambda: None

    def dispatch_request(self, *context: Any) -> Any:
        return aio.settle(self.outcome())

    def make_response(self, rv: Any) -> Any:
        return super().make_response(check(aio.stepwise(rv), self.script_path))

    def handle_exception(self, *arguments: Any) -> Any:
        error = arguments[-1]
        if self._handles_server_errors():
            return super().handle_exception(*arguments)
        flask.got_request_exception.send(self, _async_wrapper=self.ensure_sync, exception=error)
        raise error

    def _handles_server_errors(self) -> bool:
        by_code = self.error_handler_spec.get(None, {})
        handlers = {**by_code.get(500, {}), **by_code.get(None, {})}
        return any(kind in handlers for kind in InternalServerError.__mro__)

    def ensure_sync(self, func: Callable) -> Callable:
        if inspect.iscoroutinefunction(func):
            return self.async_to_sync(func)
        return func

    def async_to_sync(self, func: Callable) -> Callable:
        return lambda *arguments, **options: aio.run(func(*arguments, **options))
