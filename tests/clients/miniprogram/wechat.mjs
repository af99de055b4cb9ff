// A stand-in for WeChat: a code is the openid, the phone code `phone:…` that phone number, and everything is fine.
//   node tests/clients/miniprogram/wechat.mjs 9141     until it is stopped
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

/** Listens on this port; gives the messages that it was asked to send, and how to stop it. */
export async function standIn(port, appid = "wxdemo") {
  const sent = [];
  const server = createServer(async (request, reply) => {
    const url = new URL(request.url, "http://127.0.0.1");
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : {};
    if (url.pathname === "/wxa/getwxacodeunlimit") {
      reply.setHeader("content-type", "image/jpeg");
      reply.end(Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
      return;
    }
    const answers = {
      "/sns/jscode2session": () => ({ openid: url.searchParams.get("js_code"), session_key: "c2VjcmV0" }),
      "/cgi-bin/stable_token": () => ({ access_token: "token", expires_in: 7200 }),
      "/wxa/business/getuserphonenumber": () => {
        const phone = body.code.replace("phone:", "");
        return { errcode: 0, phone_info: { phoneNumber: phone, purePhoneNumber: phone, countryCode: "86", watermark: { timestamp: 1, appid } } };
      },
      "/cgi-bin/message/subscribe/send": () => (sent.push(body), { errcode: 0, errmsg: "ok" }),
      "/wxa/msg_sec_check": () => ({ errcode: 0, result: { suggest: "pass", label: 100 }, trace_id: "t" }),
    };
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify(answers[url.pathname]?.() ?? { errcode: 40066, errmsg: "invalid url" }));
  });
  await new Promise((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { sent, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await standIn(process.argv[2] ?? 9141);
