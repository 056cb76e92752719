"""Proposes an event over the bus and waits for what becomes of it: publish.py SERVER PUBLISHER ENTITY < event.json

    python="$(ops/python.sh)"
    BANSO_NATS_PASSWORD=… "$python" tests/examples/python/publish.py nats://127.0.0.1:4222 hospital referral < event.json

The event is a CloudEvent in its JSON form, its source one of the publisher's. That the bus took it says only that it
will be read; the outcome says whether it was recorded. Whoever hears no outcome publishes the same event again.
"""

import asyncio
import json
import os
import re
import sys

import nats
from cloudevents.core.bindings.http import to_binary
from cloudevents.core.formats.json import JSONFormat

OUTCOME_SECONDS_MAX = 30


async def outcome_of(event, message, jetstream, publisher):
    """Outcomes come in the order in which they were decided; each is acknowledged, or it comes again. That of a
    message that could not be read may name no event, but always the message."""
    outcomes = await jetstream.pull_subscribe_bind(publisher, stream="BANSO_OUTCOMES")
    while True:
        for outcome in await outcomes.fetch(batch=100, timeout=OUTCOME_SECONDS_MAX):
            await outcome.ack_sync()
            told = json.loads(outcome.data)
            named = [told.get("source"), told.get("id")] == [event.get_source(), event.get_id()]
            if named or told["message"] == message:
                return told


async def main(server, publisher, entity):
    event = JSONFormat().read(None, sys.stdin.buffer.read())
    name = event.get_type().split(".")[1]  # banso.ReferralMade.v1
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    message = to_binary(event, JSONFormat())
    bus = await nats.connect(
        server, user=publisher, password=os.environ["BANSO_NATS_PASSWORD"], inbox_prefix=f"_INBOX_{publisher}"
    )
    jetstream = bus.jetstream(prefix="banso.api")
    subject = f"banso.v1.intake.{publisher}.{entity}.{kebab}"
    received = await jetstream.publish(subject, message.body, headers=message.headers)
    print(f"received as message {received.seq}")
    try:
        told = await outcome_of(event, received.seq, jetstream, publisher)
        print(json.dumps(told, ensure_ascii=False))
    except asyncio.TimeoutError:
        sys.exit(f"no outcome within {OUTCOME_SECONDS_MAX} s: publish it again, with the same id")
    finally:
        await bus.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
