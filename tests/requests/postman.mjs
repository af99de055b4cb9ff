// Makes of .http files a collection of Postman (format 2.1) that does the same: node postman.mjs order.http … > collection.json
import { basename } from "node:path";
import { fill, read } from "./http.mjs";

const files = process.argv.slice(2);
const variables = {};
const folders = [];
for (const file of files) {
  const contents = await read(file);
  Object.assign(variables, contents.variables);
  const told = (text) => fill(text, (name) => `{{${name}}}`, (name, field) => `{{${name}_${field}}}`);
  const text = JSON.stringify(contents.requests);
  const fields = (name) => [...new Set([...text.matchAll(new RegExp(`{{${name}\\.response\\.body\\.(\\w+)}}`, "g"))].map(([, field]) => field))];
  const item = contents.requests.map(({ title, status, name, method, url, headers, body }) => {
    const exec = [`pm.test("${status}", () => pm.response.to.have.status(${status}));`];
    for (const field of name ? fields(name) : []) {
      exec.push(`pm.collectionVariables.set("${name}_${field}", pm.response.json().${field});`);
    }
    const header = headers.map(([key, value]) => ({ key, value: told(value) }));
    const request = { method, header, url: told(url) };
    if (body) request.body = { mode: "raw", raw: told(body), options: { raw: { language: "json" } } };
    return { name: title, request, event: [{ listen: "test", script: { type: "text/javascript", exec } }] };
  });
  folders.push({ name: basename(file, ".http"), description: contents.about, item });
}
const collection = {
  info: {
    name: "Linli (邻里)",
    description: "Made from the .http files beside it. The whole contract is imported from /api/v1/openapi.json.",
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  },
  item: folders,
  variable: Object.entries(variables).map(([key, value]) => ({ key, value })),
};
console.log(JSON.stringify(collection, null, 2));
