"""One attempt: the name of a function of this folder, what the test knows of the world; tells what it achieved."""
import importlib


def main(request):
    world = request.get_json()
    work = getattr(importlib.import_module(world["module"]), world["attempt"])
    try:
        achieved = work(world)
    except (NameError, AttributeError, TypeError, ImportError):
        raise  # A mistake of the attempt is no refusal.
    except Exception as error:
        return {"achieved": None, "refusal": f"{type(error).__name__}: {error}"}
    return {"achieved": repr(achieved)[:300] if achieved else None, "refusal": "nothing came of it"}
