"""As hello, with Flask's context around it."""

from flask import request, session


def main(_):
    session.get("id")
    return {"message": request.args.get("name", "")}, 201, {"X-Rehearsal": "1"}
