// Tests the page in Chromium from file://: what it shows, and that it sends nothing. Takes screenshots, light and dark.

import assert from "node:assert/strict";
import { createHmac, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../../../tests/e2e/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const file = new URL("../../src/commands/page.html", import.meta.url).href;
const secret = "k3y-of-the-site-with-more-than-fifty-characters-in-it-1";
const salt = "django.contrib.sessions.backends.signed_cookies";

function sign(json, time) {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let stamp = "";
  for (let rest = time; rest > 0; rest = Math.floor(rest / 62)) stamp = digits[rest % 62] + stamp;
  const value = `${Buffer.from(json).toString("base64url")}:${stamp}`;
  const derived = createHash("sha256").update(`${salt}signer${secret}`).digest();
  return `${value}:${createHmac("sha256", derived).update(value).digest("base64url")}`;
}

const now = Math.floor(Date.now() / 1000);
const session = `{"_auth_user_id":"7","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"5b0d6d1f9c2e8a7b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b","cart":[{"sku":"A-113","n":2},{"sku":"<img src=x onerror=alert(1)>","n":1}],"big":12345678901234567890123456789012345678901234567890}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
  const [errors, requests] = [[], []];
  page.on("console", (message) => errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(file);
  assert.equal(await page.evaluate(() => isSecureContext), true);

  const verdict = async (expected) => {
    await page.waitForFunction((start) => document.getElementById("verdict").textContent.startsWith(start), expected, { timeout: 5000 });
  };
  const text = (selector) => page.locator(selector).innerText();
  await page.fill("#token", `Cookie: theme=dark; sessionid=${sign(session, now - 11520)}`);
  await verdict("NOT VERIFIED");
  await page.fill("#keys", `another\n${secret}`);
  await verdict("Good: a session cookie, signed by key 2");
  assert.match(await text("#facts"), /3 h 12 min ago/);
  assert.match(await text("#values"), /12345678901234567890123456789012345678901234567890/);
  assert.match(await text("#values"), /<img src=x/);
  assert.match(await text("#values"), /"5b0d6d…"/);
  assert.doesNotMatch(await text("main"), /5b0d6d1f/);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(process.env.ARTEFACTS, `page-${colorScheme}.png`), fullPage: true });
  }
  await page.check("#secrets");
  assert.match(await text("#values"), /5b0d6d1f9c2e/);
  await page.uncheck("#secrets");
  await page.fill("#days", "0.1");
  await verdict("EXPIRED");
  // The page follows the clock: the session expires after a few seconds.
  await page.fill("#days", String((now - (now - 11520) + 4 + (Date.now() / 1000 - now)) / 86400));
  await verdict("Good");
  await verdict("EXPIRED");
  await page.fill("#days", "14");
  await page.fill("#keys", `${secret}x`);
  await verdict("REJECTED");
  const pictures = async (name) => {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(process.env.ARTEFACTS, `page-${name}-${colorScheme}.png`), fullPage: true });
    }
  };
  await pictures("rejected");
  // A selection stays while the page updates.
  await page.evaluate(() => getSelection().selectAllChildren(document.getElementById("values")));
  await page.waitForTimeout(1500);
  assert.match(await page.evaluate(() => getSelection().toString()), /_auth_user_backend/);
  const sealed = JSON.parse(readFileSync(new URL("../../../tests/vectors/sealed.json", import.meta.url))).vectors[0];
  await page.fill("#token", sealed.token);
  await page.fill("#keys", sealed.secret_key);
  await page.fill("#days", "100000");
  await verdict("Key 1 signed this session cookie; what is in it is not read here.");
  assert.match(await text("#hints"), /encrypted/);
  await pictures("encrypted");
  // A time that is out of range for a date.
  await page.fill("#token", `eyJhIjoxfQ:zzzzzzzzzzz:${"a".repeat(43)}`);
  await verdict("REJECTED");
  assert.match(await text("#facts"), /s after 1970/);
  for (const token of ["%ff%3a%3a", `a:1:${"\u{e9}".repeat(43)}`]) {
    await page.fill("#token", token);
    await verdict("REJECTED");
  }
  await page.fill("#token", `Cookie: sessionid=${sign(session, now - 11520)}`);
  await verdict("REJECTED");
  await page.waitForFunction(() => document.getElementById("values").textContent.includes("cart"));
  await page.setViewportSize({ width: 390, height: 800 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await page.screenshot({ path: join(process.env.ARTEFACTS, "page-narrow.png"), fullPage: true });

  // The page cannot send anything.
  const blocked = await page.evaluate(() => fetch("https://example.com/").then(() => "sent", () => "blocked"));
  assert.equal(blocked, "blocked");
  assert.deepEqual(requests.filter((url) => url !== file), []);
  assert.deepEqual(errors.filter((text) => !text.includes("example.com")), []);
} finally {
  await browser.close();
}
console.log("page: Chromium");
