"""A whole Flask application (any WSGI or ASGI `app` will do): /library.py/books/1"""
from flask import Flask, abort, url_for

app = Flask(__name__)

BOOKS = {1: "The Mythical Man-Month", 2: "The Art of Computer Programming"}


@app.get("/books")
def books():
    return [{"title": title, "href": url_for("book", number=number)} for number, title in BOOKS.items()]


@app.get("/books/<int:number>")
def book(number):
    if number not in BOOKS:
        abort(404, f"there is no book {number}")
    return {"number": number, "title": BOOKS[number]}
