"""Takes files from a form and tells their size and SHA-256: curl -F file=@photo.jpg .../upload.py"""
import hashlib

from flask import abort

methods = ["POST"]


def digest(stream):
    """SHA-256 of everything that `stream` holds, read in pieces."""
    sha = hashlib.sha256()
    while piece := stream.read(1 << 16):
        sha.update(piece)
    return sha.hexdigest()


def main(request):
    if not request.files:
        abort(400, "send at least one file as multipart/form-data, for example with curl -F file=@photo.jpg")
    answer = []
    for field, file in request.files.items(multi=True):
        checksum = digest(file.stream)
        answer.append({"field": field, "name": file.filename, "bytes": file.stream.tell(), "sha256": checksum})
    return {"files": answer}
