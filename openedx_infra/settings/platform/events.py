"""The event bus' consumer and producer: they keep their place, and find a server by Sentinels.

Runs in the platform. edx-event-bus-redis takes one address; these hand it a client that asks the Sentinels.
"""

from django.conf import settings
from edx_event_bus_redis import RedisEventConsumer
from edx_event_bus_redis.internal.producer import RedisEventProducer
from redis.sentinel import Sentinel, SentinelConnectionPool
from walrus import Database


def database():
    """A client of the present master."""
    config = settings.EVENT_BUS_REDIS_SENTINELS
    sentinel = Sentinel(config["sentinels"], sentinel_kwargs=config["sentinel_kwargs"])
    pool = SentinelConnectionPool(config["master"], sentinel, **config["connection"])
    return Database(connection_pool=pool)


def create_producer():
    """What sends events: the setting EVENT_BUS_PRODUCER, where Sentinels know the server."""
    return RedisEventProducer(database())


class Consumer(RedisEventConsumer):
    """What receives them: the setting EVENT_BUS_CONSUMER."""

    def _create_db(self):
        return database() if hasattr(settings, "EVENT_BUS_REDIS_SENTINELS") else super()._create_db()

    def _create_consumer(self, db, full_topic):
        """Go on where the group stopped; a new group begins with what comes next.

        The library's own moves the group to the end of the topic at each start, and so loses all events that
        were sent while no consumer ran.
        """
        group = db.consumer_group(self.group_id, {full_topic: "$"}, consumer=self.consumer_name)
        group.create(mkstream=True)
        return group.streams[full_topic]
