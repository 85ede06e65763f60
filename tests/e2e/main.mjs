// Started by ./run, which sets the environment variables.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { access } from "./access.mjs";
import { attributes } from "./attributes.mjs";
import { Browser } from "./browser.mjs";
import { check, report, whenOneFails } from "./check.mjs";
import { csrf } from "./csrf.mjs";
import { encryption } from "./encryption.mjs";
import { examples } from "./examples.mjs";
import { journey } from "./journey.mjs";
import { lifetimes } from "./lifetimes.mjs";
import { messages } from "./messages.mjs";
import { proxy } from "./proxy.mjs";
import { scopes } from "./scopes.mjs";
import { Server, Shop } from "./servers.mjs";
import { sizes } from "./sizes.mjs";
import { Visitor } from "./visitor.mjs";

const { ARTEFACTS, COOKIES, ENGINES } = process.env;

const browser = new Browser();
whenOneFails((number) => browser.picture(`failed-${number}`));
await browser.open();

for (const engine of ENGINES.split(" ")) {
  console.log(`\n${engine}`);
  const shop = new Shop(engine);
  const visitor = new Visitor(browser, shop);
  await journey(visitor);
  await access(visitor);
  await csrf(visitor);
  await messages(visitor);
  // Caches store pickles, and the stored text is the same in PostgreSQL and SQLite.
  if (!["cache", "db/postgresql"].includes(engine)) await encryption(visitor);
  if (!shop.stored) await lifetimes(visitor);
  await shop.stop();
  await browser.context.clearCookies();
}
console.log("");
await proxy();
await examples(browser);

const cookies = new Server("cookies", (port) => [COOKIES, `${port}`]);
await cookies.start();
await attributes(browser, cookies.port);
await scopes(browser, cookies.port);
const tables = await sizes(browser, `http://shop.localhost:${cookies.port}`);
const guide = readFileSync(join(import.meta.dirname, "../../docs/sizes.md"), "utf8");
for (const [what, table] of Object.entries(tables)) {
  writeFileSync(join(ARTEFACTS, `${what}.md`), table);
  await check(`docs/sizes.md has this table of ${what}\n\n${table}`, () => assert(guide.includes(table)));
}
await browser.close();

process.exit(report());
