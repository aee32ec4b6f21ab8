#!/usr/bin/env python3
"""Writes what Python's ConfigObj makes of many small files, for ConfigObjTests to compare with.

    pip install configobj==5.0.9
    make_cases.py [--mutations N] [--seed N] > cases.json

Each case is [file's bytes in hex, outcome]: the outcome is {"keys": {...}, "sections": {...}} or the lines of
the errors. The written cases come first, then random mutations of them.
"""
import argparse
import json
import random
import sys

import configobj

RENEWAL = """# renew_before_expiry = 30 days
version = 2.1.0
archive_dir = /etc/letsencrypt/archive/example.org
cert = /etc/letsencrypt/live/example.org/cert.pem
privkey = /etc/letsencrypt/live/example.org/privkey.pem

# Options used in the renewal process
[renewalparams]
account = 0123456789abcdef
pre_hook = "sh -c 'echo \\"a\\", b'"
webroot_path = /var/www/html,
[[webroot_map]]
example.org = /var/www/html
[acme_renewal_info]
ari_retry_after = 2025-11-02T03:04:05+00:00
"""

LINES = [
    "", " ", "a", "a=", "a =", "= b", "  = b", "a = b", "a=b=c", "  a  =  b  ", "a = b # c", "a = b#c", "a = #c", "a = ##",
    'a = "b"', "a = 'b'", 'a = "b', "a = b'", 'a = "b" c', "a = 'it''s'", 'a = "b # c" # d', 'a = "b"#c', 'a = ""', "a = ''",
    "a = ,", "a = ,,", "a = , #c", "a = b,", "a = b, ", "a = b,c", "a = b, c", "a = b , c # d", "a = b,,c", "a = ,b", "a = , b",
    'a = "b", \'c\'', 'a = "b, c", d', 'a = "b" "c", d', 'a = "b" , ', "a = b, #c", "a = b, '', c", 'a = "b,c', "a = b, c, ",
    "a = b, , c", "a = b,  ,", "a = b c, d e", "a = b'c, d", "a = 'b'c, d", 'a = "b"c", d', "a = b,\t c\t,d", "a = b#,c", "a = b,c#,d",
    '"a" = b', "'a' = b", '"a"b = c', '"a = b', " 'a = b", '"a"b" = c', '"a=b" = c', '"" = b', "' ' = b", '"a" "b" = c', "a 'b' = c",
    "[a]", "[ a ]", "[a] # c", "[a]#c", "[a] c", "[a", "a]", "[]", "[]]", "[[]", "[[a]", "[a]]", "[[a]]", "[[[a]]]", '["a"]', "['a']",
    '["a]"]', '["]', "[a b]", "[a#b]", "[a]]]", "[[ a ] ]", "[ [a] ]", "[ [ [a] ] ]", "[ ]", "[=]", "[a] = b", '["a" b]', "['']", "[' ']",
    "[,]", "['''a''']", '["""]', "[[a] # ] # ]", "[a ] x ]", "[\ta\t]", "[a\tb]",
    "a = '''b'''", 'a = """b"""', "a = '''b''' # c", "a = '''b", "b'''", "b''' c", "a = '''b''' c", "a = ''''b'''", "a = '''", "'''", "''' # x",
    'a = """b', 'b"""', 'c""" """', "a = '''b'''c'''", "a = '''''' # d", "a = ''", "a = ''''", "a = '''''",
    "\u00a0a\u00a0=\u00a0b\u00a0", "a\u2003=\u3000b", "[\u00a0a\u00a0]", "\u0085", "ü = é, ö", "\u00a0= b", "a = b\u2028c", "a\x1c=\x1fb",
    "a = b\rc", "\x0ba = b\x0c", "a = %(b)s", "# a = b", "  # a", "a # b = c", "#", "[a]\r", "a = b\r\r", "\ufeffa = b", "a = \x00",
]

FILES = [
    RENEWAL, RENEWAL.replace("\n", "\r\n"), "\ufeff" + RENEWAL, RENEWAL + RENEWAL, RENEWAL + "version = 1\n",
    "a = 1\na = 2\n", "[a]\nb = 1\n[a]\n", "[a]\nb = 1\n[[b]]\n", "[a]\n[[b]]\n[b]\nc = 1\n", "[a]\n[[b]]\n[[[c]]]\nd = 1\n[e]\nf = 2\n",
    "[a]\n[[[b]]]\n", "a = 1\n[a]\n", "[a]\n[[b]]\nc = 1\n[[d]]\nc = 1\n[b]\nc = 1\n", "a = '''b\nc\nd''' # e\nf = g\n", "a = '''b\nc\n",
    "a = '''b\nc''' x\nd = e\n", "a = '''b\nc'''\na = '''d\ne'''\n", 'a = """b\n\'\'\'\nc"""\n', "x\ny\n[z\na = 1\n", "a = b\n\n\n[c]\n\n", "a = 1",
    "a = 1\n'a' = 2\n", "a = 1\n\"a\" = 2\n[b]\n['b']\n", "a = '''\n'''\n", "é = 1\ne\u0301 = 2\n", "[a]\n[[b]]\nc\n[d]\nd = 1\n",
]

BROKEN = [b"a = b\nc = \xff\n", b"a = \xc3\n", b"\xff\xfe", b"a = b\n\n\xed\xa0\x80 = 1\n", b"\xef\xbb\xbf"]


def shown(section):
    return {"keys": {key: dict.__getitem__(section, key) for key in section.scalars},
            "sections": {name: shown(section[name]) for name in section.sections}}


def outcome(data):
    lines = data.split(b"\n")
    lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    try:
        return shown(configobj.ConfigObj(lines, encoding="utf-8", default_encoding="utf-8"))
    except UnicodeDecodeError:
        return next(number for number, line in enumerate(lines, 1) if not is_text(line))
    except configobj.ConfigObjError as error:
        errors = getattr(error, "errors", [error])
        return [one.line_number for one in errors]


def is_text(line):
    try:
        line.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


PIECES = ['"', "'", ",", "#", "=", "[", "]", " ", "\t", "\n", "'''", '"""', "a", "b", "\\", "\u00a0", "\r", ", ", " #", "''"]


def mutation(chance):
    text = chance.choice([chance.choice(LINES), "a = " + chance.choice(LINES), "\n".join(chance.choices(LINES, k=3)), chance.choice(FILES)])
    for _ in range(chance.randint(1, 6)):
        place = chance.randint(0, len(text))
        if chance.random() < 0.3 and text:
            text = text[:place] + text[place + chance.randint(1, 3):]
        else:
            text = text[:place] + chance.choice(PIECES) + text[place:]
    return text.encode()


def main():
    parser = argparse.ArgumentParser(description="what ConfigObj makes of many small files")
    parser.add_argument("--mutations", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    cases = [line.encode() for line in LINES] + [text.encode() for text in FILES] + BROKEN
    cases += [mutation(chance) for _ in range(options.mutations)]
    unique = list(dict.fromkeys(cases))
    sys.stdout.write("[\n" + ",\n".join(
        json.dumps([data.hex(), outcome(data)], ensure_ascii=True) for data in unique) + "\n]\n")


if __name__ == "__main__":
    main()
