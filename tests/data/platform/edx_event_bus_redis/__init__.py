class RedisEventConsumer:
    """Keeps the client that its subclass makes, as the real one does."""

    def __init__(self, topic):
        self.db = self._create_db()

    def _create_db(self):
        """As the real one: by the one address that it knows."""
        from django.conf import settings
        from walrus import Database

        return Database.from_url(settings.EVENT_BUS_REDIS_CONNECTION_URL)
