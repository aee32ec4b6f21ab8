"""What a script is given."""
import os

from hands import Refused


def the_environment(world):
    """Look for the server's variables and other zones' secrets in its own environment."""
    found = [name for name in os.environ if name in ("SERVER_ONLY", "API_KEY", "ADMIN_API_KEY", "VAULT_SECRET")]
    found += [name for name, value in os.environ.items() if "of-the-server" in value or "of-the-vault" in value]
    with open("/proc/self/environ", "rb") as file:
        if b"of-the-server" in file.read():
            found.append("/proc/self/environ")
    if not found:
        raise Refused("nothing of others")
    return found


def the_loader(world):
    """Have every later program load code of its own: LD_PRELOAD."""
    os.environ["LD_PRELOAD"] = os.path.join(os.environ["TMPDIR"], "evil.so")
    os.putenv("LD_PRELOAD", "/nowhere/evil.so")
    raise Refused("what a later program has is known outside")
