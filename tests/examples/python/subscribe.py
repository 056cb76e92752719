"""Prints every event of the bus, and says where one is missing: subscribe.py SERVER [USER]

    python="$(ops/python.sh)"
    BANSO_NATS_PASSWORD=… "$python" tests/examples/python/subscribe.py nats://127.0.0.1:4222 subscriber

The consumer is called as the user is, and banso makes it. It keeps its place: who starts again goes on where it
stopped. An event may come twice. What is missing stands in the log: GET /v1/events gives it.
"""

import asyncio
import json
import os
import sys

import nats

WAIT_SECONDS = 3


async def main(server, user="subscriber"):
    bus = await nats.connect(
        server, user=user, password=os.environ["BANSO_NATS_PASSWORD"], inbox_prefix=f"_INBOX_{user}"
    )
    seen = {}  # The last position of each part.
    heard = {}  # What the last heartbeat said of them.

    async def hear(heartbeat):
        heard.update(json.loads(heartbeat.data)["parts"])

    def missing(part, last):
        print(f"hole: part {part} was seen up to {seen[part]}, and has {last}", flush=True)

    await bus.subscribe("banso.v1.heartbeat", cb=hear)
    events = await bus.jetstream(prefix="banso.api").pull_subscribe_bind(user, stream="BANSO_EVENTS")
    while True:
        expected = dict(heard)
        try:
            batch = await events.fetch(batch=100, timeout=WAIT_SECONDS)
        except asyncio.TimeoutError:
            # What the bus had before this wait has come, or never will.
            for part, last in expected.items():
                if seen.get(part, last) < last:
                    missing(part, last)
                    seen[part] = last
            continue
        for event in batch:
            part, seq = event.subject.split(".")[3], int(event.headers["ce-bansoseq"])
            previous = int(event.headers["ce-bansoprevpart"])
            if seen.get(part, previous) < previous:
                missing(part, previous)
            print(f"{seq} {event.headers['ce-type']} {event.headers['ce-subject']}", flush=True)
            seen[part] = max(seq, seen.get(part, 0))
            await event.ack()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
