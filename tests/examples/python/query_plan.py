"""Asks for a person's current plan over gRPC: query_plan.py ADDRESS PERSON [KNOWN_AT]

    python="$(ops/python.sh)"
    "$python" tests/examples/python/query_plan.py 127.0.0.1:8081 haru

The classes are generated from /proto when the program starts; a service would generate them when it is built.
"""

import sys
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "proto"))
messages, services = grpc.protos_and_services("banso/v1/query.proto")


def said(message, field):
    """What a form says; an absent field means that nothing was recorded."""
    return getattr(message, field) if message.HasField(field) else "（記載なし）"


def main(address, person, known_at=None):
    with grpc.insecure_channel(address) as channel:
        query = services.QueryServiceStub(channel)
        request = messages.GetPlanRequest(person=person, known_at=known_at)
        try:
            answer = query.GetPlan(request, timeout=10)
        except grpc.RpcError as problem:
            sys.exit(f"{problem.code().name}: {problem.details()}")
    for plan in answer.plans:
        print(f"{plan.kind} {plan.plan} (revision {plan.revision})")
        print(f"  長期目標: {said(plan, 'long_term_goal')}")
        for item in plan.items:
            print(f"  {said(item, 'priority')}. {item.need}")
            print(f"     支援目標: {said(item, 'goal')}")
            for service in item.services:
                who = service.provider if service.HasField("provider") else service.supporter
                print(f"     {service.kind}: {who.name}, {said(service, 'frequency')}")
    print(f"known up to position {answer.as_of.known_seq} of the log")


if __name__ == "__main__":
    main(*sys.argv[1:])
