// One visitor alternates between a Django and a Rust server that share sessions.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { check } from "./check.mjs";
import { ADA } from "./visitor.mjs";

const TWO_WEEKS = 1_209_600;
const DAY = 86_400;
// Characters that HTML, JSON, cookies, pickles or base64 could corrupt.
const NOTE = `<b>"Größe" & 'co'; 50% \\ 🫖</b>\n{{ 7 * 7 }} \u{1F468}\u200D\u{1F469}`;
const TOKEN = "x".repeat(32);
const TOO_LARGE = Array.from({ length: 1500 }, (_, n) => ((n * 2654435761) >>> 0).toString(36)).join("");

export const journey = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust, stored } = shop;
  const servers = [django, rust];
  const bothWays = [
    [django, rust],
    [rust, django],
  ];
  /** Checks what the cart page shows on each of these servers. */
  const each = async (servers, expected) => {
    for (const server of servers) {
      const seen = await visitor.visit(server);
      for (const [what, value] of Object.entries(expected)) assert.deepEqual(seen[what], value, `${what} on ${server.name}`);
    }
  };

  await shop.start(["the-first-key"]);

  await check("both servers count the visits in one number", async () => {
    for (const [visits, server] of [rust, django, django, rust, django].entries()) {
      const seen = await visitor.visit(server);
      const expected = { server: server.name, user: undefined, visits: visits + 1, cart: [], expiry: TWO_WEEKS };
      for (const [what, value] of Object.entries(expected)) assert.deepEqual(seen[what], value, what);
    }
  });
  await check("a page that Rust forwards to Django counts in the same session", async () => {
    const { server, visits } = await visitor.visit(rust, "/");
    assert.deepEqual([server, visits], ["django", 6]);
  });
  for (const server of servers) {
    await check(`a wrong password logs nobody in on ${server.name}`, async () => {
      const seen = await visitor.logIn(server, { ...ADA, password: "byron" });
      assert.deepEqual([seen.server, seen.user], [server.name, undefined]);
      assert.equal(await visitor.page.locator("#login .error").count(), 1);
      await each(servers, { user: undefined });
    });
  }
  for (const [here, there] of bothWays) {
    await check(`a visitor who logs in on ${here.name} is logged in on ${there.name}, and keeps the cart`, async () => {
      await visitor.add(there, "assam");
      const before = await visitor.token();
      const { server, user, cart } = await visitor.logIn(here, ADA);
      assert.deepEqual({ server, user, cart }, { server: here.name, user: ADA.username, cart: [["assam", 1]] });
      await each([there, here], { user: ADA.username, cart: [["assam", 1]] });
      for (const server of servers) {
        assert.equal(await visitor.whoHas(server, before), undefined, "a cookie from before the login");
      }
    });
    await check(`a visitor who logs out on ${there.name} is logged out on ${here.name}, and the session is empty`, async () => {
      const copied = await visitor.token();
      const { user, visits } = await visitor.logOut(there);
      assert.deepEqual([user, visits], [undefined, 1]);
      const { user: still, cart, visits: now } = await visitor.visit(here);
      assert.deepEqual([still, cart, now], [undefined, [], 2]);
      // A stored session is deleted. A copied signed cookie stays valid until it expires: see the README.
      const who = stored ? undefined : ADA.username;
      for (const server of servers) assert.equal(await visitor.whoHas(server, copied), who, server.name);
    });
  }

  await visitor.logIn(django, ADA);
  for (const [here, there] of bothWays) {
    await check(`${there.name} shows what ${here.name} puts into the cart at the same price, and can remove it`, async () => {
      await visitor.add(here, "assam");
      await visitor.add(here, "oolong");
      await visitor.add(here, "assam");
      await visitor.note(here, NOTE);
      const cart = [
        ["assam", 2],
        ["oolong", 1],
      ];
      await each([there, here], { cart, total: "€18.80", note: NOTE });
      await browser.pictures(`${shop.engine}-cart-${here.name}`);
      await visitor.empty(there);
      await each([here, there], { cart: [], note: "" });
    });
  }

  for (const [here, there] of bothWays) {
    await check(`a session that ${here.name} ends in a day, ${there.name} ends in a day`, async () => {
      assert.equal((await visitor.remember(here, `${DAY}`)).expiry, DAY);
      assert.equal((await visitor.visit(there)).expiry, DAY);
      const left = await visitor.secondsLeft(); // of the cookie that the other server wrote
      assert(left > DAY - 60 && left <= DAY, `${left}`);
    });
    await check(`a session that ${here.name} ends with the browser, ${there.name} ends with the browser`, async () => {
      await visitor.remember(here, "0");
      const { expiry, closes } = await visitor.visit(there);
      assert.deepEqual([expiry, closes], [TWO_WEEKS, true]);
      assert.equal((await browser.cookie("sessionid")).expires, -1);
    });
    await check(`a session that ${here.name} ends by the settings, ${there.name} ends by the settings`, async () => {
      await visitor.remember(here, "");
      const { expiry, closes } = await visitor.visit(there);
      assert.deepEqual([expiry, closes], [TWO_WEEKS, false]);
      assert((await visitor.secondsLeft()) > 14 * DAY - 60);
    });
  }
  await check("a session with an age survives closing the browser, and one without an age does not", async () => {
    await visitor.reopen();
    await each(servers, { user: ADA.username });
    await visitor.remember(rust, "0");
    await visitor.reopen();
    assert.equal(await visitor.token(), undefined);
    await each([rust], { user: undefined, visits: 1 });
  });
  for (const [here, there] of bothWays) {
    await check(`without "Keep me logged in", a login on ${here.name} ends with the browser`, async () => {
      await visitor.logIn(here, { ...ADA, remember: false });
      await each([there], { user: ADA.username, closes: true });
      await visitor.reopen();
      await each(servers, { user: undefined });
      await visitor.logIn(here, ADA);
      await visitor.reopen();
      await each(servers, { user: ADA.username, closes: false });
      await visitor.logOut(there);
    });
    await check(`a session of four seconds from ${here.name} expires on ${there.name}, for a copied cookie too`, async () => {
      await visitor.logIn(django, ADA);
      await visitor.remember(here, "4");
      const copied = await visitor.token();
      assert.equal(await visitor.whoHas(rust, copied), ADA.username);
      await sleep(5100); // ages count in whole seconds from the second in which the cookie was signed
      assert.equal(await visitor.token(), undefined);
      assert.equal(await visitor.whoHas(rust, copied), undefined);
      // These two engines of Django ignore a session's own expiry.
      const who = ["signed_cookies", "file"].includes(shop.engine) ? ADA.username : undefined;
      assert.equal(await visitor.whoHas(django, copied), who);
      assert.equal((await visitor.visit(there)).user, undefined);
    });
  }

  await visitor.logIn(django, ADA);
  await visitor.add(rust, "sencha");
  for (const [first, before, after] of [
    [rust, "the-first-key", "the-second-key"],
    [django, "the-second-key", "the-third-key"],
  ]) {
    await check(`a new key with the old one as a fallback logs nobody out: ${first.name} signs again`, async () => {
      const old = await visitor.token();
      await shop.start([after, before]);
      // Reading a stored session immediately moves it to another session key.
      if (!stored) for (const server of servers) assert.equal(await visitor.whoHas(server, old), ADA.username);
      assert.equal((await visitor.visit(first)).user, ADA.username);
      await shop.start([after]);
      await each(servers, { user: ADA.username, cart: [["sencha", 1]] });
      for (const server of servers) assert.equal(await visitor.whoHas(server, old), undefined);
    });
  }

  if (stored) {
    await check("a note larger than any cookie is stored, and both show it", async () => {
      for (const [here, there] of bothWays) {
        await visitor.note(here, TOO_LARGE + here.name);
        await each([there, here], { note: TOO_LARGE + here.name });
      }
      await visitor.note(rust, "");
    });
    await check("a request that is still running when the visitor logs out does not bring the session back", async () => {
      const interrupted = async () => {
        await visitor.logIn(rust, ADA);
        const copied = await visitor.token();
        // The password check takes a while. The visit is written after it.
        const running = fetch(`${rust.origin}/accounts/login/`, {
          method: "POST",
          headers: { cookie: `sessionid=${copied}; csrftoken=${TOKEN}`, "x-csrftoken": TOKEN },
          body: new URLSearchParams({ ...ADA, password: "byron" }),
        });
        await sleep(20);
        await visitor.logOut(django);
        const { status } = await running;
        for (const server of servers) assert.equal(await visitor.whoHas(server, copied), undefined);
        return status === 400;
      };
      let seen = false; // false if the logout came too late
      for (let attempt = 0; attempt < 10 && !seen; attempt += 1) seen = await interrupted();
      assert(seen, "no request was interrupted");
      await visitor.logIn(rust, ADA);
      await visitor.add(rust, "sencha");
    });
  } else {
    await check("a note too large for a cookie is an error on rust, and the session does not change", async () => {
      const before = await visitor.token();
      const response = await visitor.page.evaluate(async (note) => {
        const { value } = document.querySelector("[name=csrfmiddlewaretoken]");
        const body = new URLSearchParams({ note, csrfmiddlewaretoken: value });
        const { status, headers } = await fetch("/cart/note", { method: "POST", body });
        return { status, type: headers.get("content-type") };
      }, TOO_LARGE);
      assert.deepEqual([response.status, response.type.split(";")[0]], [413, "text/html"]);
      assert.equal(await visitor.token(), before);
      await visitor.note(rust, TOO_LARGE);
      assert.match(await visitor.page.textContent("main"), /too large/);
      await browser.pictures("too-large");
      await each(servers, { user: ADA.username, cart: [["sencha", 1]], note: "" });
    });
    await check("a note too large for a cookie is silently lost on django: the browser drops the cookie", async () => {
      assert.equal((await visitor.note(django, TOO_LARGE)).note, "");
    });
  }

  await check("a new password ends every copy of the session, except the one that changed it", async () => {
    const copied = await visitor.token();
    for (const server of servers) assert.equal(await visitor.whoHas(server, copied), ADA.username);
    const { server, user } = await visitor.changePassword(rust, ADA.password, "analytical engine");
    assert.deepEqual([server, user], ["rust", ADA.username]);
    await each(servers, { user: ADA.username });
    for (const server of servers) assert.equal(await visitor.whoHas(server, copied), undefined);
  });
  await check("the new password logs in on both, and the old one on neither", async () => {
    for (const server of servers) {
      await visitor.logOut(server);
      assert.equal((await visitor.logIn(server, ADA)).user, undefined);
      assert.equal((await visitor.logIn(server, { ...ADA, password: "analytical engine" })).user, ADA.username);
    }
    await visitor.logOut(rust);
    shop.shell("from shop.models import User; u = User.objects.get(username='ada'); u.set_password('lovelace'); u.save()");
  });
};
