class RedisEventConsumer:
    """Keeps the client that its subclass makes, as the real one does."""

    def __init__(self, topic):
        self.db = self._create_db()
