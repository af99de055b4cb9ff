// Calls an operation of the contract by wx.request.
//
// wx.request calls `success` whatever the status is, has no PATCH (the contract needs none: every change is a POST), runs at most ten
// at once, and some adapters drop the body of a DELETE. So: a refusal is an exception, what is too many waits, a POST that got
// lost is sent again with the same Idempotency-Key, and a token that has ended is replaced once.
const operations = require("./operations");

const AT_ONCE = 8;
const ATTEMPTS = 3;

/** A refusal: RFC 9457. Act on `code`, show `message`. */
class Problem extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "网络异常,请稍后重试");
    this.name = "Problem";
    this.status = problem.status || 0;
    this.code = problem.code || "network_failed";
    this.errors = problem.errors || [];
    this.retryAfter = problem.retry_after;
    this.requestId = problem.request_id;
  }
}

/** Thirty-two characters that no other call has. */
function freshKey() {
  let key = "";
  while (key.length < 32) key += Math.floor(Math.random() * 16).toString(16);
  return key;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The path of an operation; what stands in its braces comes out of `args`. */
function fill(operation, args) {
  const left = { ...args };
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => {
    if (left[name] === undefined) throw new Error(`${operation.path} needs ${name}`);
    const value = encodeURIComponent(left[name]);
    delete left[name];
    return value;
  });
  const query = [];
  for (const name of operation.query || []) {
    if (operation.method === "GET" && left[name] !== undefined) {
      query.push(`${name}=${encodeURIComponent(left[name])}`);
      delete left[name];
    }
  }
  return { path: query.length ? `${path}?${query.join("&")}` : path, left };
}

/**
 * A client of one server. `session` knows the tokens: `token()` gives the access token or nothing, `renew(old)` sees to it that there is
 * another than this one, and says whether there is.
 */
function makeClient({ base, session, wx, language = "zh-CN" }) {
  let running = 0;
  const waiting = [];

  async function turn(work) {
    if (running >= AT_ONCE) await new Promise((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      const next = waiting.shift();
      if (next) next();
    }
  }

  function once(options) {
    return turn(
      () =>
        new Promise((resolve, reject) => {
          const settle = {
            success: (reply) => resolve({ status: reply.statusCode, data: reply.data }),
            fail: (error) => reject(new Problem({ title: error.errMsg })),
          };
          if (options.filePath) wx.uploadFile({ ...options, ...settle });
          else wx.request({ dataType: "json", timeout: 15000, ...options, ...settle });
        })
    );
  }

  async function send(operation, options, key) {
    const header = { "Accept-Language": language };
    if (!options.filePath && options.data !== undefined) header["Content-Type"] = "application/json";
    if (key) header["Idempotency-Key"] = key;
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const token = operation.open ? undefined : session.token();
      if (token) header.Authorization = `Bearer ${token}`;
      let reply;
      try {
        reply = await once({ ...options, header });
      } catch (problem) {
        // What may have been done is asked for again only where that does it once.
        if (attempt >= ATTEMPTS || (operation.method !== "GET" && !key)) throw problem;
        await wait(300 * attempt);
        continue;
      }
      // wx.uploadFile gives its answer as text.
      const data = typeof reply.data === "string" && reply.data ? parsed(reply.data) : reply.data;
      if (reply.status < 400) return data;
      const problem = new Problem({ status: reply.status, ...data });
      if (problem.code === "token_invalid" && !renewed && !operation.open && (await session.renew(token))) {
        renewed = true;
        continue;
      }
      if (reply.status === 503 && attempt < ATTEMPTS && (operation.method === "GET" || key)) {
        await wait(1000 * (problem.retryAfter || 1));
        continue;
      }
      throw problem;
    }
  }

  /** Calls an operation by its name: path parameters, query of a GET and body together in `args`. */
  function call(name, args = {}, { key } = {}) {
    const operation = operations[name];
    if (!operation) throw new Error(`there is no operation ${name}`);
    const { path, left } = fill(operation, args);
    const options = { url: base + path, method: operation.method };
    if (operation.method === "POST") options.data = left;
    return send(operation, options, operation.method === "POST" && !operation.open ? key || freshKey() : undefined);
  }

  /** Uploads a file that wx.chooseMedia gave; one at a time, as wx.uploadFile has it. */
  function upload(filePath, purpose) {
    const operation = operations.upload_attachment;
    const formData = purpose ? { purpose } : {};
    return send(operation, { url: base + operation.path, filePath, name: "file", formData }, freshKey());
  }

  return { call, upload };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return { title: "服务器返回了无法识别的内容" };
  }
}

module.exports = { makeClient, Problem, freshKey };
