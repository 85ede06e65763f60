// Started by ./run, which says where everything is.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { attributes } from "./attributes.mjs";
import { Browser } from "./browser.mjs";
import { check, report, whenOneFails } from "./check.mjs";
import { journey, USER } from "./journey.mjs";
import { Server } from "./servers.mjs";
import { sizes } from "./sizes.mjs";

const { ARTEFACTS, COOKIES, PYTHON, SHOP } = process.env;

const data = mkdtempSync(join(tmpdir(), "django-session-e2e-"));
process.on("exit", () => rmSync(data, { recursive: true, force: true }));
Object.assign(process.env, {
  DATABASE: join(data, "db.sqlite3"),
  USERS: join(data, "users"),
  DJANGO_SETTINGS_MODULE: "settings",
  DJANGO_SUPERUSER_PASSWORD: USER.password,
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONPATH: join(import.meta.dirname, "site"),
});
const manage = (...args) =>
  execFileSync(PYTHON, ["-m", "django", ...args], { env: { ...process.env, SECRET_KEY: "of no use" } });
manage("migrate", "--verbosity=0");
manage("createsuperuser", "--noinput", "--username", USER.username, "--email", "ada@example.com");

const browser = new Browser();
whenOneFails((number) => browser.picture(`failed-${number}`));

const runserver = [PYTHON, "-m", "django", "runserver", "--noreload"];
const django = new Server("django", ARTEFACTS, (port) => [...runserver, `${port}`]);
const rust = new Server("rust", ARTEFACTS, () => [SHOP]);
await journey(browser, django, rust);

const cookies = new Server("cookies", ARTEFACTS, (port) => [COOKIES, `${port}`]);
await cookies.start();
await browser.open();
await attributes(browser, cookies.port);
const tables = await sizes(browser, `http://shop.localhost:${cookies.port}`);
const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
for (const [what, table] of Object.entries(tables)) {
  writeFileSync(join(ARTEFACTS, `${what}.md`), table);
  await check(`the README has this table of ${what}\n\n${table}`, () => assert(readme.includes(table)));
}
await browser.close();

process.exit(report());
