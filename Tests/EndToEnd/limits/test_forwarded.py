"""A sample of the table of forwarding headers (Tests/Features/AccessTests/forwarded.tsv) through the real server."""
from support.steward import REPOSITORY
from support.wire import Connection

TABLE = REPOSITORY / "Tests/Features/AccessTests/forwarded.tsv"
SETTINGS = """
    trusted_proxies: [127.0.0.1, 10.0.0.0/8, "fd00::/16"]
    zones: {/: {folder: SCRIPTS}}
"""
WHO = "def main(request):\n    return request.environ['REMOTE_ADDR']\n"


def test_the_script_sees_the_client_that_the_headers_mean(serve):
    server = serve({"who.py": WHO}, settings=SETTINGS)
    wrong, count = [], 0
    with Connection(server.address) as connection:
        for line in TABLE.read_text("utf-8").splitlines():
            if line.startswith("#"):
                continue
            _, peer, forwarded, customary, client = [field.replace("<TAB>", "\t") for field in line.split("\t")]
            if peer != "10.0.0.1":
                continue
            headers = [("Forwarded", "" if value == "<>" else value) for value in forwarded.split("|") if value]
            headers += [("X-Forwarded-For", "" if value == "<>" else value) for value in customary.split("|") if value]
            found = connection.call("GET", "/who.py", headers).text
            count += 1
            if found != ("127.0.0.1" if client == peer else client):
                wrong.append((line, found))
    assert wrong == [] and count >= 200
