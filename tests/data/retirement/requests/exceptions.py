"""Errors of the library by which the platform's client asks the LMS."""


class ConnectionError(OSError):
    pass


class Timeout(OSError):
    pass
