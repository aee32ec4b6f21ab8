"""Greets whoever is named: /hello.py?name=Rico"""


def main(request):
    return {"message": f"Hello, {request.args.get('name', 'world')}!"}
