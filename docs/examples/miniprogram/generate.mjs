// Writes lib/operations.js from the contract: every operation with its method, its path and the names of its parameters.
//   node docs/examples/miniprogram/generate.mjs           writes it
//   node docs/examples/miniprogram/generate.mjs --check   fails when it is not what the contract says
import { readFileSync, writeFileSync } from "node:fs";

const contract = new URL("../../../openapi/linli.json", import.meta.url);
const target = new URL("lib/operations.js", import.meta.url);
// What wx.request takes, and the contract needs.
const methods = ["GET", "POST", "DELETE"];

const { paths, info } = JSON.parse(readFileSync(contract, "utf8"));
const lines = [];
for (const [path, item] of Object.entries(paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const verb = method.toUpperCase();
    if (!methods.includes(verb)) throw new Error(`${operation.operationId} is ${verb}, which wx.request does not have`);
    const query = (operation.parameters ?? []).filter((parameter) => parameter.in === "query").map((parameter) => parameter.name);
    const upload = "multipart/form-data" in (operation.requestBody?.content ?? {});
    const more = [query.length ? `query: ${JSON.stringify(query)}` : "", upload ? "upload: true" : "", operation["x-permission"] === "public" ? "open: true" : ""];
    const fields = [`method: "${verb}"`, `path: ${JSON.stringify(path)}`, ...more.filter(Boolean)].join(", ");
    lines.push(`  /** ${operation.summary.replace(/\.$/, "")} */\n  ${operation.operationId}: { ${fields} },`);
  }
}
lines.sort((a, b) => (a.split("\n")[1] < b.split("\n")[1] ? -1 : 1));
const text = `// Made by generate.mjs from openapi/linli.json ${info.version}; do not edit.\nmodule.exports = {\n${lines.join("\n")}\n};\n`;

if (process.argv.includes("--check")) {
  let committed = "";
  try {
    committed = readFileSync(target, "utf8");
  } catch {
    // There is none.
  }
  if (committed !== text) {
    console.error("docs/examples/miniprogram/lib/operations.js is stale: node docs/examples/miniprogram/generate.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
