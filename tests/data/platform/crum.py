current = None


def get_current_user():
    return current


request = None


def get_current_request():
    return request


def set_current_request(new):
    global request
    request = new
