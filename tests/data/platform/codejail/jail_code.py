COMMANDS = {}


def configure(command, bin_path, user=None):
    COMMANDS[command] = [bin_path, user]
