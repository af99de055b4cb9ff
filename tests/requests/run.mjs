// Sends the requests of .http files to a server, from top to bottom, and compares each status with the one behind its title.
import assert from "node:assert/strict";
import { fill, read } from "./http.mjs";

const [base, ...files] = process.argv.slice(2);
for (const file of files) {
  const { variables, requests } = await read(file);
  const answers = {};
  const known = (value, what) => {
    assert.ok(value, `${file}: ${what} is not known`);
    return value;
  };
  const filled = (text) =>
    fill(
      text,
      (name) => known({ ...variables, base }[name], name),
      (name, field) => known(answers[name]?.[field], `${name}.${field}`),
    );
  for (const request of requests) {
    const headers = request.headers.map(([name, value]) => [name, filled(value)]);
    const reply = await fetch(filled(request.url), { method: request.method, headers, body: filled(request.body) || undefined });
    const text = await reply.text();
    assert.equal(reply.status, request.status, `${file}: ${request.title}\n${text}`);
    if (request.name) answers[request.name] = JSON.parse(text);
  }
  assert.ok(requests.length > 5, `${file} has requests`);
  console.log(`${file}: ${requests.length} requests answered as expected`);
}
