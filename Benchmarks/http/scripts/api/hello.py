"""Greets the caller: the smallest useful script."""


def main(request):
    return {"message": f"Hello, {request.args.get('name', 'World')}!"}
