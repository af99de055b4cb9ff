// Sends the requests of .http files from top to bottom and compares each status with the number behind its title.
// What it knows of the format is what the files use: variables, names, and fields of earlier answers.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const [base, ...files] = process.argv.slice(2);
for (const file of files) {
  const [head, ...blocks] = (await readFile(file, "utf8")).split(/^### /m);
  const variables = Object.fromEntries([...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]));
  const answers = {};
  const filled = (text) =>
    text.replaceAll(/{{([\w.]+)}}/g, (_, path) => {
      const [name, ...rest] = path.split(".");
      const value = rest.length ? rest.slice(2).reduce((at, key) => at?.[key], answers[name]) : { ...variables, base }[name];
      assert.ok(value, `${file}: ${path} is not known`);
      return value;
    });
  for (const block of blocks) {
    const [request, ...body] = block.split("\n\n");
    const [title, ...lines] = request.trim().split("\n");
    const name = lines.find((line) => line.startsWith("# @name "))?.slice(8);
    const [[method, url], ...headers] = lines.filter((line) => !line.startsWith("#")).map((line) => filled(line).split(/ (.*)/s));
    const reply = await fetch(url, {
      method,
      headers: headers.map(([name, value]) => [name.replace(":", ""), value]),
      body: method === "GET" ? undefined : filled(body.join("\n\n")),
    });
    const text = await reply.text();
    assert.equal(reply.status, Number(title.match(/: (\d{3})$/)[1]), `${file}: ${title}\n${text}`);
    if (name) answers[name] = JSON.parse(text);
  }
  console.log(`${file}: ${blocks.length} requests answered as expected`);
}
