// Sessions whose cookie gets a Domain, and foreign cookies with its name.

import assert from "node:assert/strict";

import { check } from "./check.mjs";

const HOST = "shop.localhost";
const DOMAIN = ".shop.localhost";
// A session key as Django's database engine creates it.
const SESSION_KEY = "0123456789abcdefghijklmnopqrstuv";

export const scopes = async (browser, port) => {
  const [shop, www] = [HOST, `www.${HOST}`].map((name) => `http://${name}:${port}`);
  /** Returns the text in the session, and how many cookies with its name were sent. */
  const visit = (scope, request = {}, origin = shop) =>
    browser.text(`${origin}/session?${new URLSearchParams({ scope, ...request })}`);
  const jar = async () => (await browser.context.cookies()).map((cookie) => cookie.domain).sort();
  /** Runs a check that begins with an empty cookie jar. */
  const fresh = (what, body) =>
    check(what, async () => {
      await browser.context.clearCookies();
      await body();
    });
  /** Sets a session in the host's own scope, and a later one by a server that does not know the former scope. */
  const both = async () => {
    await visit("host", { put: "old" });
    await visit("domain", { put: "new" });
    assert.deepEqual(await jar(), [DOMAIN, HOST]);
  };

  await fresh("a session survives the change of its cookie's scope, and reading changes no cookie", async () => {
    await visit("host", { put: "old" });
    assert.equal(await visit("moved"), "old of 1");
    assert.deepEqual(await jar(), [HOST]);
    assert.equal(await visit("moved", {}, www), " of 0");
  });
  await fresh("if both cookies are sent, the later one is the session, for every server", async () => {
    await both();
    assert.equal(await visit("moved"), "new of 2");
    assert.equal(await visit("host"), "new of 2");
    assert.equal(await visit("moved", {}, www), "new of 1");
    assert.deepEqual(await jar(), [DOMAIN, HOST]);
  });
  await fresh("a write moves the session to the new scope", async () => {
    await visit("host", { put: "old" });
    assert.equal(await visit("moved", { put: "new" }), "old of 1");
    assert.deepEqual(await jar(), [DOMAIN]);
    assert.equal(await visit("moved", {}, www), "new of 1");
  });
  await fresh("a write removes the cookie of the former scope if both were sent", async () => {
    await both();
    assert.equal(await visit("moved", { put: "newer" }), "new of 2");
    assert.deepEqual(await jar(), [DOMAIN]);
    assert.equal(await visit("moved"), "newer of 1");
  });
  await fresh("a flush removes both", async () => {
    await both();
    await visit("moved", { flush: true });
    assert.deepEqual(await jar(), []);
  });
  await fresh("a flush removes the cookie of the former scope if only that was sent", async () => {
    await visit("host", { put: "old" });
    await visit("moved", { flush: true });
    assert.deepEqual(await jar(), []);
  });
  await fresh("if the former scope is not configured, a flush leaves its cookie and thereby the session", async () => {
    await both();
    await visit("domain", { flush: true });
    assert.equal(await visit("domain"), "old of 1");
  });

  for (const [what, value] of [
    ["a session key of another engine", SESSION_KEY],
    ["a cookie of another key", "eyJ0ZXh0IjoiYSJ9:1vb66i:Ts6vvpr1zhmNGw7yxus-4faAcVOu9cdRVRCH22xrMq0"],
    ["a cookie of 5 characters", "short"],
  ]) {
    await fresh(`${what} is left alone by reading, replaced by a write, and removed by a flush`, async () => {
      const cookie = { name: "sessionid", value, domain: HOST, path: "/" };
      await browser.context.addCookies([cookie]);
      assert.equal(await visit("host"), " of 1");
      assert.equal((await browser.cookie("sessionid")).value, value);
      await visit("host", { put: "ours" });
      assert.equal(await visit("host"), "ours of 1");

      await browser.context.clearCookies();
      await browser.context.addCookies([cookie]);
      await visit("host", { flush: true });
      assert.deepEqual(await jar(), []);
    });
  }
};
