"""What mod_wsgi loads: it looks for `application`."""

from flask_platform import app as application  # noqa: F401
