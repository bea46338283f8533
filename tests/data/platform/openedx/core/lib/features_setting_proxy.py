class FeaturesProxy(dict):
    """Reads and writes flags as settings of a module."""

    def __init__(self, namespace):
        super().__init__()
        self.namespace = namespace

    def __getitem__(self, name):
        return self.namespace[name]

    def __setitem__(self, name, value):
        self.namespace[name] = value
