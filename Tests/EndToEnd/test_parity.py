"""The same script body on Steward and on Flask: the same raw request brings the same status, headers and body."""
import pytest

from parity import answers_table, requests_table
from parity.peer import Peer
from support.wire import Connection

CASES = requests_table.CASES + answers_table.CASES
IDS = [(case, number) for case in CASES for number in range(len(case.requests))]

# The server's own: Flask's belong to Werkzeug's development server.
SERVER_HEADERS = {"date", "server", "connection", "keep-alive", "transfer-encoding", "x-trace-id"}


@pytest.fixture(scope="module")
def both(serve_module):
    scripts = {f"{case.name}.py": case.source for case in CASES}
    server = serve_module({**scripts, "data.txt": "0123456789" * 20})
    peer = Peer(server.folder)
    yield server, peer
    peer.close()


def comparable(answer, case):
    ignored = SERVER_HEADERS | {name.lower() for name in case.ignore}
    headers = sorted((name.lower(), "" if name.lower() in ignored else value) for name, value in answer.headers
                     if name.lower() not in SERVER_HEADERS)
    body = answer.body
    boundary = (answer.header("Content-Type") or "").partition("boundary=")[2]
    if boundary:
        body = body.replace(boundary.encode(), b"BOUNDARY")
        headers = [(name, value.replace(boundary, "BOUNDARY")) for name, value in headers]
    return {"status": answer.status, "headers": headers, "body": body}


def test_there_are_at_least_sixty_cases_with_names_of_their_own():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case, number", IDS, ids=[f"{case.name}-{number}" for case, number in IDS])
def test_steward_answers_as_flask_does(both, case, number):
    server, peer = both
    raw = case.raw(number)
    with Connection(peer.address) as connection:
        expected = connection.exchange(raw)
    with server.connect() as connection:
        answer = connection.exchange(raw)
    assert answer.header("X-Trace-Id"), "every answer carries a trace id"
    if case.only == "status":
        assert answer.status == expected.status, answer
    else:
        assert comparable(answer, case) == comparable(expected, case)


def test_a_session_lives_in_its_signed_cookie(serve):
    server = serve({"s.py": """
        from flask import session
        def main(request):
            session['n'] = session.get('n', 0) + 1
            return {'n': session['n']}
        """})
    first = server.get("/s.py")
    cookie = first.header("Set-Cookie").split(";")[0]
    assert first.json() == {"n": 1} and "HttpOnly" in first.header("Set-Cookie")
    second = server.get("/s.py", {"Cookie": cookie})
    assert second.json() == {"n": 2}
    third = server.get("/s.py", {"Cookie": second.header("Set-Cookie").split(";")[0]})
    assert third.json() == {"n": 3}
    forged = cookie[:-3] + ("AAA" if not cookie.endswith("AAA") else "BBB")
    assert server.get("/s.py", {"Cookie": forged}).json() == {"n": 1}


def test_a_session_survives_a_restart(serve):
    server = serve({"s.py": """
        from flask import session
        def main(request):
            session['n'] = session.get('n', 0) + 1
            return {'n': session['n']}
        """})
    cookie = server.get("/s.py").header("Set-Cookie").split(";")[0]
    server.restart()
    assert server.get("/s.py", {"Cookie": cookie}).json() == {"n": 2}
