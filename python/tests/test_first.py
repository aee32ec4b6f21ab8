def test_hello(zone):
    r = zone.run('''
        def main(request):
            return {"message": f"Hello, {request.args.get('name','World')}!"}
    ''', "/x.py?name=Rico")
    assert r.fail is None, r.fail
    assert r.body == b'{"message":"Hello, Rico!"}\n'
    r = zone.call("/x.py?name=Rico")
    assert r.body == b'{"message":"Hello, Rico!"}\n'
