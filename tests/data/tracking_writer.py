"""A process of the platform, as far as tracking goes: it logs numbered events, in minutes of one second.

tracking_writer.py LOGGING NAME COUNT PAUSE: LOGGING is the platform's setting as JSON; events are `NAME-0`
and so on, one each PAUSE seconds. Each is said on stdout, too, when it is in the spool.
"""

import json
import logging.config
import sys
import time

import spool

spool.SECONDS = 1
said, name, count, pause = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
logging.config.dictConfig(said)
for number in range(count):
    logging.getLogger("tracking").info(json.dumps({"name": f"{name}-{number}"}))
    time.sleep(pause)
