"""Every raw case of cases.txt against the real server: its answers, what was taken for a request, the connection."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import framing, settings

CASES = framing.load()


@pytest.fixture(scope="module")
def server(serve_module):
    return serve_module(framing.SCRIPTS, settings=settings.text(
        zones=[settings.zone("/", queue=1000, **settings.body_limit("64KiB"))], limits={"linger": "300ms"}))


@pytest.fixture(scope="module")
def results(server):
    """{name: what is wrong}, all cases at the same time."""
    with ThreadPoolExecutor(24) as pool:
        return dict(zip((case.name for case in CASES), pool.map(lambda case: framing.run(server.address, case), CASES)))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_request_is_what_it_says_or_refused(results, case):
    assert results[case.name] == [], f"RFC {case.rfc}: {case.raw[:300]!r}"


def test_the_table_is_large_and_names_a_section_for_each_case():
    assert len(CASES) >= 180
    assert all(case.rfc.split(" ")[0] in ("9110", "9112", "9113", "6585") for case in CASES)
    assert all(case.state in ("stays", "closes", "waits", "ends") for case in CASES)


def test_the_server_is_whole_after_all_of_it(results, server):
    assert server.get("/x.py").status == 200
    assert not [record for record in server.records_so_far()
                if record["level"] in ("error", "critical") and record.get("status") not in (501, 505)]


def test_wider_limits_are_as_wide_as_they_say(serve):
    """Beyond 256 fields of 80 KiB, where the parser beneath would end by itself."""
    server = serve({"count.py": "def main(request):\n    return {'fields': len(request.headers), 'longest': "
                                "max(len(value) for _, value in request.headers)}\n"},
                   settings=settings.text(zones=[settings.zone("/")], limits={
                       "header_count": 1000, "header_line": "256KiB", "headers": "8MiB"}))
    answer = server.get("/count.py", {f"X-{number}": "a" for number in range(900)} | {"X-Long": "a" * 200_000})
    assert answer.status == 200 and answer.json()["fields"] > 900 and answer.json()["longest"] == 200_000
    assert server.get("/count.py", {f"X-{number}": "a" for number in range(1100)}).status == 431
    assert server.get("/count.py", {"X-Long": "a" * 300_000}).status == 431
