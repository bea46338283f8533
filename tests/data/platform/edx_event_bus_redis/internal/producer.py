class RedisEventProducer:
    """Keeps the client that it is given, as the real one does."""

    def __init__(self, client):
        self.client = client
