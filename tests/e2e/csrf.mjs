// Forms that one server renders and the other accepts, and forms that both must reject.

import assert from "node:assert/strict";

import { Attacker, TlsProxy } from "./attacker.mjs";
import { check } from "./check.mjs";
import { ADA } from "./visitor.mjs";

const COOKIE = "csrftoken";
const PLANTED = "p".repeat(32);
const WRONG_TOKEN = "CSRF token from POST incorrect.";
const NO_REFERER = "Referer checking failed - no Referer.";
const untrusted = (check, from) => `${check} checking failed - ${from} does not match any trusted origins.`;

export const csrf = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust } = shop;
  const servers = [django, rust];
  const attacker = new Attacker();
  await attacker.start();

  const secret = async () => (await browser.cookie(COOKIE))?.value;
  const sessions = async () => (await browser.context.cookies()).filter((cookie) => cookie.name === "sessionid");
  const forget = () => browser.context.clearCookies();
  /** Presses the button of a form. Returns the status of the response, and the data that the page shows. */
  const press = async (form) => {
    const answered = visitor.page.waitForResponse((response) => response.request().method() === "POST");
    const seen = await visitor.press(form);
    return { ...seen, status: (await answered).status() };
  };
  /** Sends a form from a page at `origin`. The visitor's session and note must not change. */
  const attack = async (origin, server, fields = {}) => {
    const { note } = await visitor.visit(server);
    const before = await sessions();
    const query = new URLSearchParams({ action: `${server.origin}/cart/note`, note: "poison", ...fields });
    await visitor.page.goto(`${origin}/?${query}`);
    const { status, reason } = await press("#prize");
    assert.equal(status, 403, server.name);
    assert.deepEqual(await sessions(), before, `the session of ${server.name}`);
    assert.equal((await visitor.visit(server)).note, note, `the note on ${server.name}`);
    return reason;
  };

  await check("a form that Django rendered is accepted by Rust, and one that Rust rendered by Django", async () => {
    await rust.start({ ...shop.env, MOVED: "cart" });
    for (const first of ["/", "/cart/"]) {
      await forget();
      await visitor.visit(rust, first); // this server creates the secret
      const made = await secret();
      const added = await visitor.add(rust, "assam");
      assert.deepEqual([added.server, added.cart], ["rust", [["assam", 1]]]);
      assert.equal(await secret(), made);
    }
    assert.equal((await visitor.logIn(rust, ADA)).server, "rust"); // with a page that Django renders
    const left = await press("#logout");
    assert.deepEqual([left.status, left.server, left.user], [302, "django", undefined]);
    await rust.start(shop.env);
  });

  for (const server of servers) {
    await check(`a login on ${server.name} rotates the token: both reject forms from before`, async () => {
      await forget();
      const field = "#note [name=csrfmiddlewaretoken]";
      await visitor.visit(server);
      const stale = await visitor.page.inputValue(field);
      const before = await secret();
      await visitor.logIn(server, ADA);
      const after = await secret();
      assert.match(after, /^[a-zA-Z0-9]{32}$/);
      assert.notEqual(after, before);
      for (const server of servers) {
        // Like a tab that was opened before the login.
        await visitor.visit(server);
        await visitor.page.fill("#note textarea", "stale");
        await visitor.page.$eval(field, (input, token) => (input.value = token), stale);
        const { status, reason } = await press("#note");
        assert.deepEqual([status, reason], [403, WRONG_TOKEN], server.name);
        assert.notEqual((await visitor.visit(server)).note, "stale");
        assert.equal((await visitor.note(server, server.name)).note, server.name);
      }
    });
  }

  await check("a form of another site is rejected by both", async () => {
    const origin = `http://localhost:${attacker.port}`;
    for (const server of servers) assert.equal(await attack(origin, server), untrusted("Origin", origin));
    await visitor.page.goto(`${origin}/?${new URLSearchParams({ action: `${rust.origin}/cart/note` })}`);
    await press("#prize");
    await browser.pictures(`${shop.engine}-rejected`);
  });
  await check("a form of another port of the same host is rejected too, although that port gets all cookies and so knows the token", async () => {
    const origin = `http://127.0.0.1:${attacker.port}`;
    for (const server of servers) {
      await visitor.visit(server);
      const reason = await attack(origin, server, { csrfmiddlewaretoken: await secret() });
      assert.equal(reason, untrusted("Origin", origin));
    }
  });

  // The shop on its own host names, next to a host of the attacker.
  const domain = "shop.localhost";
  await check("a cookie that a sibling host set does not make a form of that host acceptable", async () => {
    await forget();
    const origin = `http://evil.${domain}:${attacker.port}`;
    const fields = { cookie: `${COOKIE}=${PLANTED}; Domain=${domain}; Path=/`, csrfmiddlewaretoken: PLANTED };
    for (const { name, port } of servers) {
      const server = { name, origin: `http://${name}.${domain}:${port}` };
      await visitor.visit(server);
      await visitor.note(server, "mine");
      assert.equal(await attack(origin, server, fields), untrusted("Origin", origin));
      const sent = (await browser.context.cookies(server.origin)).filter((cookie) => cookie.name === COOKIE);
      assert.equal(sent.length, 2, "the shop's own cookie and the attacker's");
      // The attacker's cookie is the last one, which is used. The shop's pages still work.
      assert.equal((await visitor.note(server, "still mine")).note, "still mine");
    }
  });

  await shop.startServices({ SCHEME: "https" });
  await forget();
  const tls = new TlsProxy({ [`evil.${domain}`]: attacker, [`django.${domain}`]: django, [`rust.${domain}`]: rust });
  await tls.start();
  const at = (name) => `https://${name}.${domain}:${tls.port}`;
  const secured = servers.map(({ name }) => ({ name, origin: at(name) }));

  await check("over HTTPS, forms are accepted by their Origin, or else by their Referer", async () => {
    for (const server of secured) {
      tls.drops = ["origin"];
      assert.equal((await visitor.note(server, "by Referer")).note, "by Referer");
      tls.drops = [];
      assert.equal((await visitor.note(server, "by Origin")).note, "by Origin");
    }
  });
  await check("over HTTPS, a form without Origin and Referer is rejected", async () => {
    tls.drops = ["origin", "referer"];
    for (const server of secured) {
      await visitor.visit(server);
      const { status, reason } = await press("#note");
      assert.deepEqual([status, reason], [403, NO_REFERER], server.name);
      assert.equal((await visitor.visit(server)).note, "by Origin");
    }
    tls.drops = [];
  });
  await check("over HTTPS, a page with the policy no-referrer has the Origin null, which is rejected", async () => {
    for (const server of secured) {
      await visitor.visit(server);
      await visitor.page.evaluate(() => {
        document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "no-referrer" }));
      });
      const { status, reason } = await press("#note");
      assert.deepEqual([status, reason], [403, untrusted("Origin", "null")], server.name);
    }
  });
  await check("over HTTPS, a sibling host that has set a cookie is rejected by Origin, and by Referer", async () => {
    const fields = { cookie: `${COOKIE}=${PLANTED}; Domain=${domain}; Path=/; Secure`, csrfmiddlewaretoken: PLANTED };
    for (const server of secured) {
      assert.equal(await attack(at("evil"), server, fields), untrusted("Origin", at("evil")));
      tls.drops = ["origin"];
      assert.equal(await attack(at("evil"), server, fields), untrusted("Referer", `${at("evil")}/`));
      tls.drops = ["origin", "referer"];
      assert.equal(await attack(at("evil"), server, fields), NO_REFERER);
      tls.drops = [];
    }
  });

  tls.stop();
  attacker.stop();
  await shop.startServices();
  await forget();
};
