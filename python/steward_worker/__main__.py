"""`python -m steward_worker`: the zygote, with its control socket as descriptor 3."""

import sys


def run() -> int:
    try:
        from . import zygote
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("flask", "werkzeug"):
            print(
                f"steward_worker: {sys.executable} has no module {error.name!r}. "
                f"Install it: {sys.executable} -m pip install 'flask>=3.0'",
                file=sys.stderr,
            )
            return 78
        raise
    return zygote.main(3)


if __name__ == "__main__":
    sys.exit(run())
