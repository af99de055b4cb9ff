// The mini-program of docs/examples/miniprogram against a running `linli serve --demo`: a resident signs in by WeChat, places an order
// with a photo, a party member takes it, the resident judges it. WeChat itself is stood in for on the port that the server asks.
//   node tests/clients/miniprogram/flow.mjs http://127.0.0.1:9140 9141
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { standIn } from "./wechat.mjs";
import { boot, makeWx } from "./wx.mjs";

const [base = "http://127.0.0.1:8080", port = "9141"] = process.argv.slice(2);
const folder = fileURLToPath(new URL("../../../docs/examples/miniprogram", import.meta.url));
const community = "321182001017";
const scratch = mkdtempSync(join(tmpdir(), "linli-miniprogram-"));

const wechat = await standIn(port);
const { sent } = wechat;

/** Staff, who use the API itself. */
async function staff(name) {
  const send = async (path, body, token) => {
    const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const reply = await fetch(`${base}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await reply.json();
    assert.ok(reply.ok, `${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const { access_token } = await send("/sessions", { name, password: "linli-demo-2026" });
  return (path, body) => send(path, body, access_token);
}

async function eventually(ask) {
  for (let n = 0; n < 100; n += 1) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail("it did not come about within ten seconds");
}

// A picture of one pixel.
const photo = join(scratch, "lamp.png");
writeFileSync(photo, Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"));

try {
  const worker = await staff("worker");
  const template = (event_type, audience, template_id) =>
    worker("/wechat/templates", {
      region_code: community, event_type, audience, template_id, page: "pages/order/order?id={order_id}",
      fields: [{ key: "thing1", from: "title" }, { key: "phrase2", from: "state" }, { key: "time3", from: "happened_at" }],
    });
  await template("order.completed", "requester", "t-completed");
  await template("order.accepted", "requester", "t-accepted");

  const config = { base, community };
  const resident = makeWx({ openid: "o-resident", answers: { photo, "t-accepted": "reject" } });
  const home = boot(folder, resident.wx, config);

  // The first time WeChat's user is nobody here: the page asks for the phone number.
  const placing = await home.open("pages/place/place?scene=c%3DK7Q2M4X9TA");
  placing.onInput({ currentTarget: { dataset: { field: "title" } }, detail: { value: "楼道灯不亮" } });
  placing.onInput({ currentTarget: { dataset: { field: "content" } }, detail: { value: "二楼的灯坏了三天。" } });
  placing.onPhotos();
  placing.onPoint();
  await placing.onSubmit();
  assert.deepEqual(resident.seen.navigated, ["/pages/signin/signin"]);
  const signing = await home.open("pages/signin/signin");
  await signing.onPhone({ detail: { code: "phone:13900001001" } });
  assert.deepEqual(resident.seen.navigated.at(-1), "back");

  // 点单, with a photo and a place; the user agrees to one of two messages.
  await placing.onSubmit();
  assert.deepEqual(resident.seen.toasts, []);
  const [, id] = resident.seen.navigated.at(-1).match(/^\/pages\/order\/order\?id=(.+)$/);
  assert.ok(resident.seen.urls.includes(`UPLOAD ${base}/api/v1/attachments`));
  const orders = await home.open("pages/orders/orders");
  const mine = orders.data.orders.find((order) => order.id === id);
  assert.equal(mine.stateText, "已点单");
  assert.match(mine.placedAt, /^\d\d-\d\d \d\d:\d\d$/);
  const { items } = await home.app.linli.call("list_wechat_subscriptions");
  assert.deepEqual(items.map((item) => [item.template_id, item.remaining]).sort(), [["t-accepted", 0], ["t-completed", 1]]);
  await orders.onReachBottom();

  // 派单, by the community.
  await worker(`/orders/${id}/triage`, { item_code: "YZJ-01" });
  await worker(`/orders/${id}/dispatch`, { mode: "pool" });

  // 接单, by a party member with the same mini-program; of two who claim one hears that it is taken.
  const member = makeWx({ openid: "o-party" });
  const taking = boot(folder, member.wx, config);
  await taking.app.linli.session.signIn("phone:13900001005");
  const rival = makeWx({ openid: "o-party2" });
  const losing = boot(folder, rival.wx, config);
  await losing.app.linli.session.signIn("phone:13900001006");
  const [tasks, late] = await Promise.all([taking.open("pages/tasks/tasks"), losing.open("pages/tasks/tasks")]);
  const tap = { currentTarget: { dataset: { id } } };
  await tasks.onAccept(tap);
  assert.equal(member.seen.navigated.at(-1), `/pages/order/order?id=${id}`);
  await late.onAccept(tap);
  assert.match(rival.seen.toasts.at(-1), /接走/);
  assert.ok(!late.data.claimable.some((order) => order.id === id));
  const working = await taking.open(`pages/order/order?id=${id}`);
  assert.ok(working.data.order.can.complete && !working.data.order.can.evaluate);
  working.onInput({ detail: { value: "灯已换好。" } });
  await working.onComplete();
  assert.equal(working.data.order.stateText, "已办结");

  // The resident is told, and judges.
  const told = await eventually(() => sent.find((message) => message.touser === "o-resident"));
  assert.deepEqual([told.template_id, told.page, told.data.phrase2.value], ["t-completed", `pages/order/order?id=${id}`, "已办结"]);
  const judging = await home.open(`pages/order/order?id=${id}`);
  judging.onLevel({ detail: { value: "0" } });
  await judging.onEvaluate();
  assert.equal(judging.data.order.stateText, "已评单");
  assert.ok(judging.data.progress.length >= 6);
  assert.equal(sent.length, 1, "nobody is told what they did not agree to");

  // Forty at once: never more than ten run, and all are answered.
  const { linli } = home.app;
  const many = await Promise.all(Array.from({ length: 40 }, () => linli.order(id)));
  assert.equal(many.length, 40);
  assert.ok(resident.seen.most <= 10, `${resident.seen.most} at once`);

  // A refusal is an exception with a code, though wx.request calls it a success.
  await assert.rejects(linli.order("019aa1c2-0000-7000-8000-000000000001"), (problem) => problem.status === 404 && problem.code === "order_not_found");
  await assert.rejects(linli.evaluate(many[0], "satisfied"), (problem) => problem.status === 409 && problem.message.length > 0);

  // A network that fails twice: the order is placed once.
  resident.seen.offline = 2;
  const count = async () => (await linli.mine()).orders.filter((order) => order.title === "只有一单").length;
  await linli.place({ title: "只有一单", content: "只有一单", region_code: community });
  assert.equal(await count(), 1);

  // A token that has ended is replaced, by one of many that notice.
  const store = resident.wx.getStorageSync("linli_session");
  resident.wx.setStorageSync("linli_session", { ...store, access_token: "e30.e30.e30" });
  const again = boot(folder, resident.wx, config);
  resident.seen.urls.length = 0;
  await Promise.all([again.app.linli.mine(), again.app.linli.mine(), again.app.linli.order(id)]);
  assert.equal(resident.seen.urls.filter((url) => url.endsWith("/sessions/refresh")).length, 1);
  // And when the session is over, WeChat still knows who it is.
  resident.wx.setStorageSync("linli_session", { ...store, access_token: "e30.e30.e30", refresh_token: "x" });
  const anew = boot(folder, resident.wx, config);
  assert.equal((await anew.app.linli.order(id)).id, id);
  console.log(`mini-program: ${mine.number} from placed to judged`);
} finally {
  wechat.stop();
  rmSync(scratch, { recursive: true });
}
