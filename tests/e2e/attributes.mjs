// How a browser treats each cookie attribute and name prefix, and whether removals work.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { check } from "./check.mjs";

const DAY = 86_400;

// The cookies that a request carries, of four: one without SameSite, and one each with Lax, None and Strict.
const ALL = "Lax None Strict Unsaid";
const CARRIES = [
  ["a link", "from the same site", ALL],
  ["a form", "from the same site", ALL],
  ["a fetch", "from the same site", ALL],
  ["a frame", "from the same site", ALL],
  ["a link", "from another site", "Lax None Unsaid"],
  // Chromium sends a cookie without SameSite with a POST during its first two minutes.
  ["a form", "from another site", "None Unsaid"],
  ["a fetch", "from another site", "None"],
  ["a frame", "from another site", "None"],
];

/** Functions that run in the page and send a request to the URL. */
const REQUESTS = {
  "a link": (url) => {
    location.href = url;
  },
  "a form": (url) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: url });
    document.body.append(form);
    form.submit();
  },
  "a fetch": (url) => {
    fetch(url, { mode: "no-cors", credentials: "include" });
  },
  "a frame": (url) => {
    document.body.append(Object.assign(document.createElement("iframe"), { src: url }));
  },
};

// Cookies that this crate rejects, and that the browser does not store.
const REFUSED = [
  [{ name: "a", partitioned: true, secure: false }, "a=1; Partitioned"],
  [{ name: "a", same_site: "None", secure: false }, "a=1; SameSite=None"],
  [{ name: "__Secure-a", secure: false }, "__Secure-a=1"],
  [{ name: "__Host-a", secure: false }, "__Host-a=1; Path=/"],
  [{ name: "__hOsT-a", secure: false }, "__hOsT-a=1; Path=/"],
  [{ name: "__Host-a", path: "/x" }, "__Host-a=1; Path=/x; Secure"],
  [{ name: "__Host-a", domain: "shop.localhost" }, "__Host-a=1; Domain=shop.localhost; Path=/; Secure"],
  [{ name: "__Http-a", http_only: false }, "__Http-a=1; Path=/; Secure"],
  [{ name: "__Http-a", secure: false }, "__Http-a=1; HttpOnly; Path=/"],
  [{ name: "__Host-Http-a", http_only: false }, "__Host-Http-a=1; Path=/; Secure"],
  [{ name: "__Host-Http-a", path: "/x" }, "__Host-Http-a=1; HttpOnly; Path=/x; Secure"],
];

// Cookies that the crate's removal removes, and incomplete removals that do not remove them.
const REMOVED = [
  [{ name: "a" }],
  [{ name: "a", secure: false }],
  [{ name: "a", http_only: false, same_site: "" }],
  [{ name: "a", path: "/x" }, "a=; Max-Age=0"],
  [{ name: "a", domain: "shop.localhost" }, "a=; Max-Age=0; Path=/"],
  [{ name: "a", partitioned: true, same_site: "None" }, "a=; Max-Age=0; Path=/; SameSite=None; Secure"],
  [{ name: "__Secure-a" }, "__Secure-a=; Max-Age=0; Path=/"],
  [{ name: "__Host-a" }, "__Host-a=; Max-Age=0; Path=/"],
  [{ name: "__Host-a", partitioned: true }, "__Host-a=; Max-Age=0; Path=/; Secure"],
  [{ name: "__Http-a" }, "__Http-a=; Max-Age=0; Path=/; Secure"],
  [{ name: "__Host-Http-a" }, "__Host-Http-a=; Max-Age=0; Path=/; Secure"],
];

const said = (recipe) => Object.entries(recipe).map(([key, value]) => (key === "name" ? value : `${key}=${value}`));

export const attributes = async (browser, port) => {
  const host = (name) => `http://${name}:${port}`;
  // The browser trusts localhost and its subdomains like HTTPS. Each subdomain is a separate site.
  const [shop, www, news, other] = ["shop", "www.shop", "news", "other"].map((name) => host(`${name}.localhost`));
  const insecure = host("insecure.test");

  const url = (origin, path, query) => `${origin}${path}?${new URLSearchParams(query)}`;
  const ask = (origin, path, query) => browser.text(url(origin, path, query));
  const set = (origin, recipe) => ask(origin, "/set", { value: "1", ...recipe });
  const jar = async () => (await browser.context.cookies()).map((cookie) => cookie.name);
  /** Runs a check that begins with an empty cookie jar. */
  const fresh = (what, body) =>
    check(what, async () => {
      await browser.context.clearCookies();
      await body();
    });

  await fresh("HttpOnly hides a cookie from scripts, and only that", async () => {
    await set(shop, { name: "hidden" });
    await set(shop, { name: "shown", http_only: false });
    assert.equal(await browser.text(shop), "hidden=1; shown=1");
    assert.equal(await browser.page.evaluate(() => document.cookie), "shown=1");
  });
  await fresh("a Secure cookie is not accepted over plain HTTP, and another one is", async () => {
    await set(insecure, { name: "secure" });
    await set(insecure, { name: "plain", secure: false });
    assert.equal(await browser.text(insecure), "plain=1");
  });
  await fresh("an existing Secure cookie is not sent over plain HTTP", async () => {
    const cookie = { value: "1", domain: "insecure.test", path: "/" };
    await browser.context.addCookies(
      [true, false].map((secure) => ({ ...cookie, secure, name: secure ? "secure" : "plain" })),
    );
    assert.deepEqual((await jar()).sort(), ["plain", "secure"]);
    assert.equal(await browser.text(insecure), "plain=1");
  });
  for (const name of ["localhost", "127.0.0.1", "shop.localhost"]) {
    await fresh(`a Secure cookie is accepted from http://${name}`, async () => {
      await set(host(name), { name: "__Host-a" });
      assert.equal(await browser.text(host(name)), "__Host-a=1");
    });
  }
  await fresh("Path and Domain determine which requests carry the cookie", async () => {
    await set(shop, { name: "host" });
    await set(shop, { name: "path", path: "/x" });
    await set(www, { name: "domain", domain: "shop.localhost" });
    assert.equal(await browser.text(shop), "host=1; domain=1");
    assert.equal(await browser.text(`${shop}/x/y`), "path=1; host=1; domain=1");
    assert.equal(await browser.text(host("m.shop.localhost")), "domain=1");
    assert.equal(await browser.text(news), "");
  });

  await fresh("Max-Age and expires set the expiry; without them, a cookie ends with the browser", async () => {
    await set(shop, { name: "minute", max_age: 60 });
    await set(shop, { name: "longest", max_age: 400 * DAY });
    await set(shop, { name: "close", expire_at_browser_close: true });
    const now = Date.now() / 1000;
    for (const [name, seconds] of [["minute", 60], ["longest", 400 * DAY]]) {
      const left = (await browser.cookie(name)).expires - now;
      assert(left > seconds - 30 && left <= seconds, `${name}: ${left}`);
    }
    assert.equal((await browser.cookie("close")).expires, -1);
  });
  await fresh("the browser limits cookies to 400 days, and this crate rejects longer ones", async () => {
    assert.match(await set(shop, { name: "a", max_age: 400 * DAY + 1 }), /400 days/);
    await ask(shop, "/raw", { header: `a=1; Max-Age=${500 * DAY}` });
    assert((await browser.cookie("a")).expires - Date.now() / 1000 <= 400 * DAY);
  });
  await fresh("a cookie of three seconds is sent immediately, and not after four seconds", async () => {
    await set(shop, { name: "short", max_age: 3 });
    assert.equal(await browser.text(shop), "short=1");
    await sleep(4000);
    assert.equal(await browser.text(shop), "");
  });

  for (const [request, from, expected] of CARRIES) {
    await fresh(`${request} ${from} carries, by SameSite: ${expected}`, async () => {
      await set(shop, { name: "Unsaid", same_site: "" });
      for (const name of ["Strict", "Lax", "None"]) await set(shop, { name, same_site: name });
      await browser.page.goto(from === "from another site" ? news : www);
      const target = `${shop}/target`;
      const [response] = await Promise.all([
        browser.page.waitForResponse(target),
        browser.page.evaluate(REQUESTS[request], target),
      ]);
      assert.equal((await response.text()).replaceAll("=1", "").split("; ").sort().join(" "), expected);
    });
  }

  for (const [recipe, header] of REFUSED) {
    await fresh(`rejected by the crate and by the browser: ${header}`, async () => {
      const response = await browser.page.goto(url(shop, "/set", { value: "1", ...recipe }));
      assert.equal(response.status(), 422);
      await ask(shop, "/raw", { header });
      assert.deepEqual(await jar(), []);
    });
  }

  for (const [recipe, careless] of REMOVED) {
    const { name, path = "" } = recipe;
    await fresh(`removed: ${said(recipe).join(" ")}${careless ? `, and not by ${careless}` : ""}`, async () => {
      await set(shop, recipe);
      if (careless) await ask(shop, "/raw", { header: careless });
      assert.deepEqual(await jar(), [name]);
      assert.equal(await browser.text(`${shop}${path}`), `${name}=1`);
      await ask(shop, "/remove", recipe);
      assert.deepEqual(await jar(), []);
      assert.equal(await browser.text(`${shop}${path}`), "");
    });
  }

  await fresh("there is a separate Partitioned cookie for each embedding site, and it is removed there", async () => {
    /** Returns the text of a frame of the shop in a page of another site. */
    const framed = async (site, path, query) => {
      const there = url(shop, path, query);
      await browser.page.goto(site);
      const [response] = await Promise.all([
        browser.page.waitForResponse(there),
        browser.page.evaluate(REQUESTS["a frame"], there),
      ]);
      return response.text();
    };
    const recipe = { name: "__Host-a", partitioned: true, same_site: "None" };
    await framed(news, "/set", { ...recipe, value: "in-news" });
    await framed(other, "/set", { ...recipe, value: "in-other" });
    const everywhere = async () => [await framed(news, "/"), await framed(other, "/"), await browser.text(shop)];
    assert.deepEqual(await everywhere(), ["__Host-a=in-news", "__Host-a=in-other", ""]);
    await framed(news, "/remove", { ...recipe, partitioned: false });
    assert.deepEqual(await everywhere(), ["__Host-a=in-news", "__Host-a=in-other", ""]);
    await framed(news, "/remove", recipe);
    assert.deepEqual(await everywhere(), ["", "__Host-a=in-other", ""]);
  });
};
