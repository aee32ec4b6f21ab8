"""Called by the zygote while it warms up, so that no worker runs the common paths for the first time."""


def main(request):
    """Greets."""
    return {"message": f"Hello, {request.args.get('name', 'World')}!"}
