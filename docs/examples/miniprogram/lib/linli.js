// What the pages do, without pages: so it can be tried without WeChat.
const { makeClient } = require("./request");
const { makeSession } = require("./session");

const STATES = {
  placed: "已点单", triaged: "已受理", dispatched: "已派单", accepted: "已接单", in_progress: "办理中", completed: "已办结",
  evaluated: "已评单", closed: "已销号", rejected: "不予受理", cancelled: "已撤单", suspended: "已挂起", merged: "已并单",
};
const LEVELS = [
  ["very_satisfied", "非常满意"], ["satisfied", "满意"], ["neutral", "一般"], ["dissatisfied", "不满意"], ["very_dissatisfied", "非常不满意"],
];

/** `2026-11-16T01:00:00Z` as `11-16 09:00`, in China time; iOS reads RFC 3339 and little else. */
function clock(text) {
  const there = new Date(new Date(text).getTime() + 8 * 3600 * 1000).toISOString();
  return `${there.slice(5, 10)} ${there.slice(11, 16)}`;
}

/** An order as a page shows it. An unknown state is shown as it is: there may be new ones. */
function shown(order) {
  return { ...order, stateText: STATES[order.state] || order.state, placedAt: clock(order.created_at), can: Object.fromEntries(order.allowed_actions.map((action) => [action, true])) };
}

function makeLinli({ base, wx }) {
  const session = makeSession({ base, wx });
  const { call, upload } = makeClient({ base, session, wx });

  /** A page of a list and how to get the next. */
  async function list(query) {
    const page = await call("list_orders", { limit: 20, ...query });
    return { orders: page.items.map(shown), next: page.has_more ? () => list({ ...query, cursor: page.next_cursor }) : undefined };
  }

  return {
    session,
    call,
    /** 点单: the photos are uploaded first, one after another. */
    async place({ title, content, region_code, address, point, photos = [] }) {
      const attachment_ids = [];
      for (const photo of photos) attachment_ids.push((await upload(photo, "order")).id);
      const body = { title, content, region_code, channel: "mini_program", attachment_ids };
      if (address) body.contact = { address };
      // wx.chooseLocation gives GCJ-02.
      if (point) body.point = { lng: point.longitude, lat: point.latitude, datum: "gcj02" };
      return shown(await call("place_order", body));
    },
    /** 我的订单 */
    mine: () => list({ view: "mine" }),
    /** 可接的单 */
    claimable: () => list({ view: "claimable" }),
    /** 我接的单 */
    taken: () => list({ view: "taken" }),
    order: async (id) => shown(await call("get_order", { id })),
    progress: async (id) => (await call("list_order_events", { id, limit: 100 })).items.map((event) => ({ ...event, at: clock(event.at), text: STATES[event.data.to] || event.type })),
    /** 接单; of two who claim at once one hears `order_taken`. */
    accept: async (order) => shown(await call("accept_order", { id: order.id, version: order.version })),
    /** 办结 */
    complete: async (order, answer) => shown(await call("complete_order", { id: order.id, version: order.version, result: "solved", answer })),
    /** 评单 */
    evaluate: async (order, level, comment) => shown(await call("evaluate_order", { id: order.id, version: order.version, level, ...(comment ? { comment } : {}) })),
    /** Asks whether the user wants to be told, and records what they say; to be called by a tap. */
    async subscribe() {
      const { items } = await call("list_wechat_subscriptions");
      const tmplIds = items.map((item) => item.template_id).slice(0, 3);
      if (!tmplIds.length) return [];
      const said = await new Promise((resolve) => wx.requestSubscribeMessage({ tmplIds, success: resolve, fail: () => resolve({}) }));
      const which = (words) => tmplIds.filter((id) => words.includes(said[id]));
      await call("record_wechat_subscriptions", { accepted: which(["accept"]), refused: which(["reject", "ban"]) });
      return which(["accept"]);
    },
  };
}

module.exports = { makeLinli, shown, clock, LEVELS, STATES };
