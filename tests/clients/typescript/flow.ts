// One order from the first step to the last (点单 → 派单 → 接单 → 办结 → 评单 → 销号), with the client that openapi-typescript and
// openapi-fetch make of the contract, against a running `linli serve --demo`. The types are as much of the test as the answers are.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient, { type Client, type FetchResponse } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Order = components["schemas"]["Order"];
type Problem = components["schemas"]["Problem"];

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const community = "321182001017";

interface Person {
  id: string;
  api: Client<paths>;
}

/** The answer, or a failed test that shows the refusal. */
function good<T>(reply: { data?: T; error?: Problem; response: Response }): T {
  assert.ok(reply.data !== undefined, `${reply.response.url}: ${reply.response.status} ${JSON.stringify(reply.error)}`);
  return reply.data;
}

async function signIn(name: string): Promise<Person> {
  const reply = await createClient<paths>({ baseUrl }).POST("/api/v1/sessions", { body: { name, password: "linli-demo-2026" } });
  const tokens = good(reply);
  return { id: tokens.account_id, api: createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.access_token}` } }) };
}

const [resident, worker, party] = await Promise.all([signIn("resident"), signIn("worker"), signIn("party")]);

// Placing it twice with one key places it once.
const header = { "Idempotency-Key": randomUUID() };
const wish = { title: "楼道灯不亮", content: "二楼的灯坏了三天。", region_code: community, point: { lng: 119.825, lat: 32.237, datum: "gcj02" } } as const;
const place = () => resident.api.POST("/api/v1/orders", { params: { header }, body: wish });
const placed = await place();
const order = good(placed);
assert.equal(placed.response.status, 201);
assert.equal(order.state, "placed");
const again = await place();
assert.deepEqual(good(again), order);
assert.equal(again.response.headers.get("Idempotency-Replayed"), "true");

// The same key with another wish is refused, in English, with a code to act on.
const other = await resident.api.POST("/api/v1/orders", {
  params: { header },
  body: { ...wish, title: "别的事" },
  headers: { "Accept-Language": "en" },
});
assert.equal(other.response.headers.get("Content-Type"), "application/problem+json");
assert.equal(other.error?.code, "idempotency_key_reused");
assert.ok(other.error.request_id);

const params = { path: { id: order.id } };
const state = (reply: { data?: Order; error?: Problem; response: Response }) => good(reply).state;
assert.equal(state(await worker.api.POST("/api/v1/orders/{id}/triage", { params, body: { item_code: "YZJ-01" } })), "triaged");
const lead = { kind: "person", id: party.id } as const;
assert.equal(state(await worker.api.POST("/api/v1/orders/{id}/dispatch", { params, body: { mode: "assign", lead } })), "dispatched");

// Nobody accepts what was given to somebody else.
const stranger = await resident.api.POST("/api/v1/orders/{id}/accept", { params, body: {} });
assert.equal(stranger.error?.status, 403);

assert.equal(state(await party.api.POST("/api/v1/orders/{id}/accept", { params, body: {} })), "accepted");
assert.equal(state(await party.api.POST("/api/v1/orders/{id}/complete", { params, body: { result: "solved", answer: "灯已换好。" } })), "completed");
assert.equal(state(await resident.api.POST("/api/v1/orders/{id}/evaluate", { params, body: { level: "very_satisfied", tags: ["及时"] } })), "evaluated");
assert.equal(state(await worker.api.POST("/api/v1/orders/{id}/close", { params, body: {} })), "closed");

const story = good(await worker.api.GET("/api/v1/orders/{id}/events", { params }));
assert.ok(story.items.length >= 7, "every step left an event");
const list = good(await worker.api.GET("/api/v1/orders", { params: { query: { state: "closed", region_code: community, limit: 2 } } }));
assert.equal(list.items.length, 2);
assert.ok(list.has_more && list.next_cursor);

console.log(`TypeScript: ${order.number} from placed to closed`);
