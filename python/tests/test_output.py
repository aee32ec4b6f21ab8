"""What scripts print and log becomes lines of their calls."""

from __future__ import annotations


class TestOutput:
    def test_print_logging_and_warnings_become_lines_of_the_call(self, zone):
        reply = zone.run(
            """
            import logging, sys, warnings
            log = logging.getLogger('app')
            def main(request):
                print('one\\ntwo', end='')
                print(' more')
                print('err', file=sys.stderr)
                sys.stdout.buffer.write(b'raw \\xc3\\xa9\\n')
                log.debug('hidden')
                log.info('info %d', 1)
                log.warning('warn')
                log.error('error\\nsecond')
                log.critical('crit')
                warnings.warn('old')
                print('last', end='')
                return 'x'
            """
        )
        texts = [(flag, text) for flag, text in reply.logs if "UserWarning" not in text and "warnings.warn" not in text]
        assert texts == [
            (0, "one"), (0, "two more"), (1, "err"), (0, "raw é"), (20, "info 1"), (30, "warn"),
            (40, "error"), (40, "second"), (50, "crit"), (0, "last"),
        ]
        assert any(flag == 30 and "UserWarning: old" in text for flag, text in reply.logs)

    def test_levels_are_respected_and_end_with_the_call(self, zone):
        zone.write(
            "x.py",
            "import logging\ndef main(request):\n    logging.getLogger().setLevel(logging.DEBUG)\n    logging.debug('d')\n    return 'x'\n",
        )
        zone.write("y.py", "import logging\ndef main(request):\n    logging.debug('d')\n    logging.info('i')\n    return 'x'\n")
        assert zone.call("/x.py").logs == [(10, "d")]
        assert zone.call("/y.py").logs == [(20, "i")]

    def test_basic_config_while_importing_holds_for_that_script(self, zone):
        zone.write(
            "x.py",
            "import logging\nlogging.basicConfig(level=logging.DEBUG, format='%(levelname)s|%(message)s')\n"
            "def main(request):\n    logging.debug('d')\n    return 'x'\n",
        )
        zone.write("y.py", "import logging\ndef main(request):\n    logging.debug('d')\n    logging.info('i')\n    return 'x'\n")
        for _ in range(2):
            assert zone.call("/x.py").logs == [(10, "DEBUG|d")]
            assert zone.call("/y.py").logs == [(20, "i")]

    def test_long_lines_come_in_pieces(self, zone):
        reply = zone.run("def main(request):\n    print('x' * 40000)\n    return 'x'\n")
        assert [len(text) for text in reply.lines] == [16384, 16384, 7232]

    def test_tracebacks_of_logging_exception_and_current_app_logger(self, zone):
        reply = zone.run(
            """
            from flask import current_app
            def main(request):
                current_app.logger.info('from flask')
                try:
                    1 / 0
                except ZeroDivisionError:
                    current_app.logger.exception('caught')
                return 'x'
            """
        )
        assert reply.logs[0] == (20, "from flask")
        assert (40, "caught") in reply.logs and (40, "ZeroDivisionError: division by zero") in reply.logs

    def test_child_processes_and_c_code_write_to_the_output_pipe(self, zone):
        reply = zone.run(
            "import os, subprocess\ndef main(request):\n    subprocess.run(['echo', 'child'])\n    os.write(2, b'direct\\n')\n    return 'x'\n"
        )
        assert reply.logs == []
        assert zone.worker.read_output() == b"child\ndirect\n"

    def test_wsgi_errors_is_standard_error(self, zone):
        reply = zone.run("def main(request):\n    print('e', file=request.environ['wsgi.errors'])\n    return 'x'\n")
        assert reply.logs == [(1, "e")]

    def test_a_slow_call_shows_its_lines_at_once(self, zone):
        zone.write("x.py", "import time\ndef main(request):\n    time.sleep(0.05)\n    print('now')\n    time.sleep(1)\n    return 'x'\n")
        call = zone.worker.submit("/x.py")
        zone.worker.receive()
        assert zone.worker.replies[call].lines == ["now"] and call not in zone.worker.order
        zone.worker.wait(call)

    def test_reading_standard_input_ends_at_once(self, zone):
        reply = zone.run("import sys\ndef main(request):\n    return {'in': sys.stdin.read()}\n")
        assert reply.json == {"in": ""}
