def main(request):
    return "hello"
