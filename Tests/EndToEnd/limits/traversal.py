"""Request targets that try to leave their zone's folder, or to reach another zone's scripts without its key."""
import itertools
import random

UP = ["..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..%00", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae.", "..;",
      "..;a=b", "%u002e%u002e", "%uff0e%uff0e", "\uff0e\uff0e", "%ef%bc%8e%ef%bc%8e", "..%20", "..%09", "...", "....",
      ".%00.", "%2e%2e%3b", "..\u200b", "%2e%252e", "..%ff", "%%32%65%%32%65", "..%5c..", "..\\..", "‥", "%e2%80%a5"]
SLASHES = ["/", "%2f", "%2F", "%5c", "\\", "%252f", "%255c", "%c0%af", "%c1%9c", "%e0%80%af", "//", "/./", "%2f%2f", "/%2e/",
           "\u2215", "%e2%88%95", "\uff0f", "%ef%bc%8f", "%u2215", ";/", "/;x/", "%3b/", "%00/", "/%00", "/%20/", "%09/"]
WHERE = ["", "x.py", "x.py/", "nothing/", "link/", "a%2fb/", "%2e/", "./", "X.PY/"]


def aims(zone):
    """What lies outside `zone`, as paths from a folder above: scripts of other zones, files, the server's own."""
    found = ["secret.txt", "outside/secret.py", "etc/passwd", "state/steward.sqlite", "x.py"]
    for other in ("open", "key", "admin", "open/inner"):
        if other != zone:
            found += [f"{other}/x.py", f"{other}/secret.py"]
    return found


def case_games(path, source):
    return "".join(character.upper() if source.random() < 0.5 else character for character in path)


def encoded(path, source):
    return "".join(f"%{ord(character):02x}" if character != "/" and source.random() < 0.4 else character for character in path)


def targets(prefix, count, seed=1):
    """`count` different request targets that begin at the zone of `prefix` (`/open`)."""
    source = random.Random(f"{seed} {prefix}")
    zone = prefix.strip("/")
    fixed = [template.format(p=prefix) for template in (
        "{p}/link/secret.py", "{p}/link/../secret.py", "{p}/linked.py", "{p}/linkdir/secret.py", "{p}/up/secret.py",
        "{p}/up/key/x.py", "{p}/up/admin/x.py", "{p}/loop/loop/x.py", "{p}/./x.py/../../key/x.py", "{p}//key/x.py",
        "//key/x.py", "/%6bey/../key/x.py", "{p}/.hidden.py", "{p}/_private.py", "{p}/__pycache__/x.pyc",
        "http://key/{p}/../key/x.py", "http://steward.test{p}/%2e%2e/admin/x.py", "http://steward.test/../../etc/passwd",
        "https://admin{p}/../admin/x.py", "HTTP://steward.test//admin/x.py", "{p}/x.py%00.txt", "{p}/secret.txt",
        "{p}/x.py/%2e%2e/%2e%2e/admin/x.py", "/etc/passwd", "/proc/self/environ", "file:///etc/passwd", "*", "..", "../x",
        "{p}", "{p}/", "{p}?/../admin/x.py", "{p}/..?x=/admin/x.py", "{p}/#/../admin/x.py")]
    found = dict.fromkeys(fixed)
    pairs = itertools.cycle(source.sample(list(itertools.product(UP, SLASHES)), len(UP) * len(SLASHES)))
    while len(found) < count:
        up, slash = next(pairs)
        depth = source.randint(1, 6)
        aim = source.choice(aims(zone))
        game = source.randrange(5)
        if game == 0:
            aim = case_games(aim, source)
        elif game == 1:
            aim = encoded(aim, source)
        elif game == 2:
            aim = aim.replace("/", source.choice(SLASHES))
        path = f"{prefix}/{source.choice(WHERE)}" + (up + slash) * depth + aim
        if game == 3:
            path = source.choice(["http://steward.test", "https://key", "HTTP://admin:80", "http://[::1]"]) + path
        elif game == 4:
            path += source.choice(["?x=1", ";x=1", "%00", "%20", "/.", "/..", ".", "#x", "%23", "%3f"])
        found[path] = None
    return list(found)[:count]


if __name__ == "__main__":
    for prefix in ("/open", "/key", "/admin", "/open/inner"):
        for target in targets(prefix, 20):
            print(target)
