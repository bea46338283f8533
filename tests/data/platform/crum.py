current = None


def get_current_user():
    return current
