"""What a parity case is: one script body and the raw requests that are sent to Steward and to real Flask."""
import textwrap
from dataclasses import dataclass, field

from support.wire import request

HEADER = """\
import datetime, decimal, io, json, os, uuid
from http import HTTPStatus
import flask
from flask import (Response, abort, after_this_request, current_app, flash, g, jsonify, make_response, redirect,
                   send_file, send_from_directory, session, stream_with_context)
import werkzeug
"""


@dataclass
class Case:
    """`name` becomes the script's file name. `only` limits what is compared: "status" where Flask's body is its
    own error page; `ignore` names headers whose values differ by nature."""

    name: str
    body: str
    requests: list
    only: str = "all"
    ignore: tuple = ()
    whole: bool = False
    tags: tuple = field(default=())

    @property
    def source(self):
        body = textwrap.dedent(self.body).strip("\n")
        if self.whole:
            return HEADER + "\n" + body + "\n"
        return HEADER + "\n\ndef main(request):\n" + textwrap.indent(body, "    ") + "\n"

    def raw(self, number):
        return self.requests[number].replace(b"/s.py", b"/" + self.name.encode() + b".py")


def get(query="", headers=(), method="GET"):
    return request(method, "/s.py" + query, headers)


def post(body=b"", kind=None, query="", headers=(), method="POST"):
    fields = list(dict(headers).items()) if isinstance(headers, dict) else list(headers)
    if kind:
        fields.append(("Content-Type", kind))
    return request(method, "/s.py" + query, fields, body)


def form(body, query="", headers=()):
    return post(body, "application/x-www-form-urlencoded", query, headers)


def json_body(body, kind="application/json"):
    return post(body, kind)
