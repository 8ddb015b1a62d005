// Scans hosts with MDN's HTTP Observatory in one process: node observatory.mjs PACKAGE HOSTS OUTPUT
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, hosts, output] = process.argv.slice(2);
const { scan } = await import(pathToFileURL(`${folder}/src/scanner/index.js`).href);
const left = readFileSync(hosts, "utf8").split("\n").filter(Boolean);
const found = {};

async function work() {
  for (let host = left.shift(); host !== undefined; host = left.shift()) {
    try {
      const { scan: { grade }, tests } = await scan(host);
      const results = Object.entries(tests).map(([name, test]) => [name, [test.result, test.pass]]);
      found[host] = { grade, tests: Object.fromEntries(results) };
    } catch (error) {
      found[host] = { error: String(error.message ?? error) };
    }
  }
}

await Promise.all(Array.from({ length: 20 }, work));
writeFileSync(output, JSON.stringify(found));
process.exit(0);
