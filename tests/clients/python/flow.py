"""One order from the first step to the last (点单 → 派单 → 接单 → 办结 → 评单 → 销号), with the client that
openapi-python-client makes of the contract, against a running `linli serve --demo`."""

import sys
import uuid

from linli import AuthenticatedClient, Client
from linli.api.orders import (
    accept_order,
    close_order,
    complete_order,
    dispatch_order,
    evaluate_order,
    list_order_events,
    list_orders,
    place_order,
    triage_order,
)
from linli.api.sessions import sign_in
from linli.models import (
    AcceptOrder,
    CompleteOrder,
    Datum,
    DispatchMode,
    DispatchOrder,
    EvaluateOrder,
    Order,
    OrderResult,
    OrderState,
    PlaceOrder,
    Point,
    Problem,
    Satisfaction,
    SignIn,
    TakeStep,
    TakerPerson,
    TakerPersonKind,
    TriageOrder,
)

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
COMMUNITY = "321182001017"


def good(reply, status=200):
    """The answer, or a failed test that shows the refusal."""
    assert reply.status_code == status, reply.content.decode()
    return reply.parsed


def signed_in(name):
    tokens = good(sign_in.sync_detailed(client=Client(BASE), body=SignIn(name=name, password="linli-demo-2026")), 201)
    return tokens.account_id, AuthenticatedClient(BASE, token=tokens.access_token)


_, resident = signed_in("resident")
_, worker = signed_in("worker")
party_id, party = signed_in("party")

# Placing it twice with one key places it once.
key = str(uuid.uuid4())
wish = PlaceOrder(
    title="楼道灯不亮",
    content="二楼的灯坏了三天。",
    region_code=COMMUNITY,
    point=Point(lng=119.825, lat=32.237, datum=Datum.GCJ02),
)
order = good(place_order.sync_detailed(client=resident, body=wish, idempotency_key=key), 201)
assert isinstance(order, Order) and order.state is OrderState.PLACED
again = place_order.sync_detailed(client=resident, body=wish, idempotency_key=key)
assert good(again, 201) == order and again.headers["Idempotency-Replayed"] == "true"

# The same key with another wish is refused, with a code to act on.
wish.title = "别的事"
refused = good(place_order.sync_detailed(client=resident, body=wish, idempotency_key=key), 422)
assert isinstance(refused, Problem) and refused.code == "idempotency_key_reused" and refused.request_id


def step(operation, by, body, state):
    after = good(operation.sync_detailed(order.id, client=by, body=body))
    assert isinstance(after, Order) and after.state is state, after


lead = TakerPerson(kind=TakerPersonKind.PERSON, id=party_id)
step(triage_order, worker, TriageOrder(item_code="YZJ-01"), OrderState.TRIAGED)
step(dispatch_order, worker, DispatchOrder(mode=DispatchMode.ASSIGN, lead=lead), OrderState.DISPATCHED)

# Nobody accepts what was given to somebody else.
refused = good(accept_order.sync_detailed(order.id, client=resident, body=AcceptOrder()), 403)
assert isinstance(refused, Problem) and refused.status == 403

step(accept_order, party, AcceptOrder(), OrderState.ACCEPTED)
step(complete_order, party, CompleteOrder(result=OrderResult.SOLVED, answer="灯已换好。"), OrderState.COMPLETED)
step(evaluate_order, resident, EvaluateOrder(level=Satisfaction.VERY_SATISFIED, tags=["及时"]), OrderState.EVALUATED)
step(close_order, worker, TakeStep(), OrderState.CLOSED)

story = good(list_order_events.sync_detailed(order.id, client=worker))
assert len(story.items) >= 7, "every step left an event"
page = good(list_orders.sync_detailed(client=worker, state="closed", region_code=COMMUNITY, limit=2))
assert len(page.items) == 2 and page.has_more and page.next_cursor

print(f"Python: {order.number} from placed to closed")
