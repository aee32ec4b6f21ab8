"""Flask's sessions belong to a zone, or to the zones that share them."""
import flask
from flask.sessions import SecureCookieSessionInterface
import pytest

from support import settings

SCRIPT = """
from flask import session
def main(request):
    session["n"] = session.get("n", 0) + 1
    return {"n": session["n"]}
"""
SECRET = "the secret key of a Flask application"


def start(serve, tmp_path, sessions=None, **sections):
    """Three zones, each with the script."""
    for name in ("two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s.py").write_text(SCRIPT)
    words = {"sessions": sessions} if sessions else {}
    return serve({"s.py": SCRIPT}, settings=settings.text(zones=[
        settings.zone("/", **words), settings.zone("/two", folder=str(tmp_path / "two"), **words),
        settings.zone("/three", folder=str(tmp_path / "three"), sessions="own")], **sections))


def call(server, path, cookie=None):
    """(the count in the session, the session's cookie afterwards)"""
    answer = server.get(path, {"Cookie": cookie} if cookie else {})
    return answer.json()["n"], answer.header("Set-Cookie").split(";")[0]


def test_a_zone_takes_no_session_of_another(serve, tmp_path):
    server = start(serve, tmp_path)
    cookies = {path: call(server, path + "/s.py")[1] for path in ("", "/two", "/three")}
    assert [cookie.split("=")[0] for cookie in cookies.values()] == ["session", "session_two", "session_three"]
    assert call(server, "/two/s.py", "; ".join(cookies.values()))[0] == 2
    value = cookies[""].split("=", 1)[1]
    for name in ("session", "session_two"):
        assert call(server, "/two/s.py", f"{name}={value}")[0] == 1, "signed by a script of another zone"


def test_zones_share_sessions_on_request(serve, tmp_path):
    server = start(serve, tmp_path, "shared")
    _, cookie = call(server, "/s.py")
    assert cookie.startswith("session=")
    assert call(server, "/two/s.py", cookie)[0] == 2
    assert call(server, "/three/s.py", cookie)[0] == 1
    assert call(server, "/three/s.py", cookie.replace("session=", "session_three="))[0] == 1


@pytest.mark.parametrize("sessions, count", [("shared", 42), ("own", 1)])
def test_sessions_of_a_flask_application_go_on_where_they_are_shared(serve, tmp_path, sessions, count):
    (tmp_path / "secret").write_text(SECRET + "\n")
    server = start(serve, tmp_path, sessions, session_secret={"file": str(tmp_path / "secret")})
    app = flask.Flask("before")
    app.secret_key = SECRET
    signed = SecureCookieSessionInterface().get_signing_serializer(app).dumps({"n": 41})
    assert call(server, "/s.py", f"session={signed}")[0] == count
