"""How does the event bus find a server that Sentinels know?

Runs in the platform. edx-event-bus-redis takes one address; these hand it a client that asks the Sentinels.
"""

from django.conf import settings
from edx_event_bus_redis import RedisEventConsumer
from edx_event_bus_redis.internal.producer import RedisEventProducer
from redis.sentinel import Sentinel, SentinelConnectionPool
from walrus import Database


def database():
    """A client of the present master."""
    said = settings.EVENT_BUS_REDIS_SENTINELS
    sentinel = Sentinel(said["sentinels"], sentinel_kwargs=said["sentinel_kwargs"])
    pool = SentinelConnectionPool(said["master"], sentinel, **said["connection"])
    return Database(connection_pool=pool)


def create_producer():
    """What sends events: the setting EVENT_BUS_PRODUCER."""
    return RedisEventProducer(database())


class Consumer(RedisEventConsumer):
    """What receives them: the setting EVENT_BUS_CONSUMER."""

    def _create_db(self):
        return database()
