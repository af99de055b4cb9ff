// Reads .http files as VS Code's REST Client does, as far as docs/requests uses it: variables, names, fields of earlier answers.
import { readFile } from "node:fs/promises";

/** A file: its variables, and its requests from top to bottom with the status that stands behind each title. */
export async function read(file) {
  const [head, ...blocks] = (await readFile(file, "utf8")).split(/^### /m);
  const variables = Object.fromEntries([...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]));
  const about = [...head.matchAll(/^# (.*)$/gm)].map(([, line]) => line).join("\n");
  return { about, variables, requests: blocks.map(request) };
}

function request(block) {
  const [head, ...body] = block.trim().split("\n\n");
  const [line, ...lines] = head.split("\n");
  const [, title, status] = line.match(/^(.*): (\d{3})$/);
  const name = lines.find((line) => line.startsWith("# @name "))?.slice(8);
  const [[method, url], ...headers] = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(/:? (.*)/s));
  return { title, status: Number(status), name, method, url, headers: headers.map(([name, value]) => [name, value]), body: body.join("\n\n") };
}

/** Puts a value for each `{{name}}` and each `{{name.response.body.field}}`. */
export function fill(text, variable, field) {
  return text.replaceAll(/{{(\w+)(?:\.response\.body\.(\w+))?}}/g, (_, name, of) => (of ? field(name, of) : variable(name)));
}
