// `wx` as a mini-program has it, over fetch: no PATCH, at most ten requests at once, `success` on every status, a DELETE without its
// body, wx.uploadFile that answers with text. And a loader that runs the files of docs/examples/miniprogram with it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const METHODS = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"];
const AT_ONCE = 10;

export function makeWx({ openid, answers = {} }) {
  const storage = new Map();
  const seen = { most: 0, running: 0, urls: [], toasts: [], navigated: [], offline: 0 };

  async function run(settle, work) {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    try {
      if (seen.running > AT_ONCE) throw new Error("exceed max task count");
      if (seen.offline > 0) {
        seen.offline -= 1;
        throw new Error("request:fail");
      }
      const reply = await work();
      seen.running -= 1;
      settle.success?.(reply);
    } catch (error) {
      seen.running -= 1;
      settle.fail?.({ errMsg: error.message });
    }
  }

  const headersOf = (reply) => Object.fromEntries([...reply.headers].map(([name, value]) => [name.toUpperCase(), value]));

  const wx = {
    request(options) {
      const method = options.method ?? "GET";
      assert.ok(METHODS.includes(method), `wx.request has no ${method}`);
      seen.urls.push(`${method} ${options.url}`);
      run(options, async () => {
        const init = { method, headers: options.header };
        if (options.data !== undefined && method === "POST") init.body = JSON.stringify(options.data);
        const reply = await fetch(options.url, init);
        const text = await reply.text();
        let data = text;
        try {
          data = options.dataType === "json" && text ? JSON.parse(text) : text;
        } catch {
          // As wx.request: what is no JSON stays text.
        }
        return { statusCode: reply.status, header: headersOf(reply), data };
      });
    },
    uploadFile(options) {
      seen.urls.push(`UPLOAD ${options.url}`);
      run(options, async () => {
        const form = new FormData();
        for (const [name, value] of Object.entries(options.formData ?? {})) form.append(name, value);
        form.append(options.name, new Blob([readFileSync(options.filePath)]), "photo.jpg");
        const reply = await fetch(options.url, { method: "POST", headers: options.header, body: form });
        return { statusCode: reply.status, data: await reply.text() };
      });
    },
    login: ({ success }) => success({ code: openid }),
    getStorageSync: (key) => structuredClone(storage.get(key)) ?? "",
    setStorageSync: (key, value) => storage.set(key, structuredClone(value)),
    removeStorageSync: (key) => storage.delete(key),
    requestSubscribeMessage: ({ tmplIds, success }) => success(Object.fromEntries(tmplIds.map((id) => [id, answers[id] ?? "accept"]))),
    showToast: ({ title }) => seen.toasts.push(title),
    navigateTo: ({ url }) => seen.navigated.push(url),
    navigateBack: () => seen.navigated.push("back"),
    chooseMedia: ({ success }) => success({ tempFiles: [{ tempFilePath: answers.photo }] }),
    chooseLocation: ({ success }) => success({ name: "翡丽中央", longitude: 119.825, latitude: 32.237 }),
  };
  return { wx, seen };
}

/** Runs the mini-program in `folder`; `config` replaces its own. */
export function boot(folder, wx, config) {
  const modules = new Map();
  let app;
  let page;

  function load(path) {
    const file = path.endsWith(".js") ? path : `${path}.js`;
    if (modules.has(file)) return modules.get(file).exports;
    const module = { exports: file === join(folder, "config.js") ? config : {} };
    modules.set(file, module);
    if (file === join(folder, "config.js")) return config;
    const require = (name) => load(resolve(dirname(file), name));
    const names = ["require", "module", "exports", "wx", "App", "Page", "getApp"];
    new Function(...names, readFileSync(file, "utf8"))(require, module, module.exports, wx, (it) => (app = it), (it) => (page = it), () => app);
    return module.exports;
  }

  load(join(folder, "app"));
  app.onLaunch();
  const { pages } = JSON.parse(readFileSync(join(folder, "app.json"), "utf8"));

  /** Opens a page as a tap on a link does. */
  async function open(url) {
    const [path, query = ""] = url.replace(/^\//, "").split("?");
    assert.ok(pages.includes(path), `${path} is in app.json`);
    modules.delete(join(folder, `${path}.js`));
    load(join(folder, path));
    const opened = page;
    opened.data = structuredClone(opened.data);
    opened.setData = (data) => {
      // What a page shows is copied to another thread: it must be data.
      Object.assign(opened.data, structuredClone(data));
    };
    opened.onLoad?.(Object.fromEntries(new URLSearchParams(query)));
    await opened.onShow?.();
    return opened;
  }

  return { app, open, load };
}
