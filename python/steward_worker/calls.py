"""Runs one call, whatever its script is: `main`, a WSGI or ASGI `app`, or an executable."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from typing import Any, Optional

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from . import aio, asgi, cgi, environ as environs, result as results, wsgi
from .answer import Answer
from .failure import Failure, from_exception
from .hygiene import Hygiene
from .loader import Loader, Script
from .outbox import Outbox


class Calls:
    """The ways to run a call of one zone. Each returns (status, flags, block, body), or None once streamed."""

    def __init__(self, loader: Loader, hygiene: Hygiene, outbox: Outbox) -> None:
        self._loader = loader
        self._hygiene = hygiene
        self._outbox = outbox
        loader.on_load = self._loaded
        loader.on_drop = self._dropped

    def general(self, environ: dict, generation: int, call: int) -> Optional[tuple]:
        """Runs any call. Raises Failure."""
        answer = Answer(self._outbox, call, environ["REQUEST_METHOD"])
        spool = environ.get("steward.spool")
        if spool:
            environ["wsgi.input"] = open(spool.encode("latin-1"), "rb")
        try:
            if environ.get("steward.kind") == "cgi":
                environs.mount(environ, "")
                return cgi.run(self._loader.zone, environ, answer, self._outbox.log)
            script = self._loader.find(environ["steward.script"], generation)
            return self._run(script, environ, answer)
        finally:
            environ["wsgi.input"].close()
            aio.cancel_leftovers()

    def failure(self, error: BaseException, environ: dict) -> Failure:
        """What FAIL says about an error that a call ended with."""
        if isinstance(error, Failure):
            return error
        script = environ["steward.script"].encode("latin-1").decode("utf-8", "replace")
        return from_exception("script-error", error, self._loader.zone.folder, script, self._loader.source)

    def unusual(
        self, script: Script, environ: dict, call: int, context: Any, result: Any, error: Optional[BaseException]
    ) -> Optional[tuple]:
        """Finishes a short call whose result is no plain one."""
        answer = Answer(self._outbox, call, environ["REQUEST_METHOD"])
        try:
            return context.run(self._finish, script, environ, answer, result, error)
        finally:
            aio.cancel_leftovers()

    def _run(self, script: Script, environ: dict, answer: Answer) -> Optional[tuple]:
        if script.kind == "main" and environ["SCRIPT_NAME"]:
            path = f"{environ['SCRIPT_NAME']}{environ['PATH_INFO']}"
            message = f"{script.path} has a `main`, which answers no path below it: {path}"
            raise Failure("no-route", message, script.path)
        if script.allow is not None:
            automatic = self._restrict(script, environ, answer)
            if automatic is not None:
                return automatic
        if script.kept:
            self._hygiene.apply(script.kept)
        context = copy_context()
        if script.kind == "main":
            return context.run(self._run_flask if script.flask else self._run_short, script, environ, answer)
        environs.mount(environ, "/")
        runner = asgi.run if script.kind == "asgi" else wsgi.run
        return context.run(runner, script.target, environ, answer)

    def _restrict(self, script: Script, environ: dict, answer: Answer) -> Optional[tuple]:
        method = environ["REQUEST_METHOD"]
        allow = script.allow or []
        if method == "OPTIONS" and not script.options:
            headers = [("Content-Type", "text/html; charset=utf-8"), ("Allow", ", ".join(allow))]
            return answer.whole(200, headers, b"")
        if method not in allow:
            message = f"{script.path} answers {', '.join(allow)}, not {method}"
            raise Failure("method-not-allowed", message, script.path, allow=allow)
        return None

    def _run_flask(self, script: Script, environ: dict, answer: Answer) -> Optional[tuple]:
        main = script.target
        app = script.flask
        app.outcome = lambda: main(flask.request._get_current_object())
        return wsgi.run(app.wsgi_app, environ, answer)

    def _run_short(self, script: Script, environ: dict, answer: Answer) -> Optional[tuple]:
        request = flask.Request(environ)
        result = error = None
        try:
            result = script.target(request)
        except HTTPException as raised:
            error = raised
        try:
            return self._finish(script, environ, answer, result, error)
        finally:
            environ["werkzeug.request"] = None
            request.close()

    def _finish(
        self, script: Script, environ: dict, answer: Answer, result: Any, error: Optional[BaseException]
    ) -> Optional[tuple]:
        if error is None:
            try:
                result = aio.settle(result)
            except HTTPException as raised:
                error = raised
        if error is not None:
            return wsgi.run(error, environ, answer)  # Flask runs it as a WSGI application, too.
        made = results.plain(result)
        if made is not None:
            if not answer.head_only:
                return made
            status, _, block, body = made
            return status, 1, block + b"Content-Length: %d\r\n" % len(body), b""
        result = results.check(aio.stepwise(result), script.path)
        if isinstance(result, Iterator):
            result = flask.Response(result)
        if isinstance(result, Response):
            return wsgi.run(result, environ, answer)
        app = script.fallback = script.fallback or self._loader.make_app(script)
        app.outcome = lambda: result
        return wsgi.run(app.wsgi_app, environ, answer)

    def _loaded(self, script: Script) -> None:
        if script.kind == "asgi":
            script.lifespan = asgi.startup(script.target, script.path)

    def _dropped(self, script: Script) -> None:
        if script.lifespan is not None:
            script.lifespan.shutdown()
            script.lifespan = None
