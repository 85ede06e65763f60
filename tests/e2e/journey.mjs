// One visitor in one browser, walking back and forth between a Django and a Rust server that share a cookie.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { check } from "./check.mjs";

export const USER = { username: "ada", password: "lovelace" };
const COOKIE = "sessionid";
const TWO_WEEKS = "1209600 seconds";
const DAY = "86400";
// What HTML, JSON, cookies or base64 might each spoil.
const ITEMS = ["tea", `<b>"Größe" & 'co'; 50% \\ 🫖</b>`];
const TOO_LARGE = Array.from({ length: 1500 }, (_, n) => ((n * 2654435761) >>> 0).toString(36)).join("");
const ANONYMOUS = { user: "nobody", visits: 1, cart: [], expiry: TWO_WEEKS };

/** `keys[0]` signs, the others only verify, in both servers. */
const restart = (servers, keys) => {
  const [SECRET_KEY, ...fallbacks] = keys;
  return Promise.all(servers.map((server) => server.start({ SECRET_KEY, SECRET_KEY_FALLBACKS: fallbacks.join(" ") })));
};

/** Who the server takes the holder of a copied cookie for, whatever a browser would still send. */
const whoHas = async (server, token) => {
  const page = await fetch(server.origin, { headers: { cookie: `${COOKIE}=${token}` } });
  return /id="user">([^<]*)</.exec(await page.text())[1];
};

export const journey = async (browser, django, rust) => {
  const servers = [django, rust];
  const bothWays = [
    [django, rust],
    [rust, django],
  ];

  const read = () =>
    browser.page.evaluate(() => ({
      user: document.querySelector("#user")?.textContent,
      visits: Number(document.querySelector("#visits")?.textContent),
      cart: [...document.querySelectorAll("#cart li")].map((item) => item.textContent),
      expiry: document.querySelector("#expiry")?.textContent,
    }));
  const visit = async (server) => {
    await browser.page.goto(server.origin);
    return read();
  };
  /** Fills the form in, sends it, and reads the page it leads to. */
  const send = async (server, form, fields = {}) => {
    await browser.page.goto(server.origin);
    for (const [name, value] of Object.entries(fields)) await browser.page.fill(`${form} [name=${name}]`, value);
    await Promise.all([browser.page.waitForEvent("load"), browser.page.click(`${form} button`)]);
    return read();
  };
  const token = async () => (await browser.cookie(COOKIE))?.value;
  const secondsLeft = async () => (await browser.cookie(COOKIE)).expires - Date.now() / 1000;
  const reopen = async () => {
    await browser.close();
    await browser.open();
  };
  const each = async (servers, what, expected) => {
    for (const server of servers) assert.deepEqual((await visit(server))[what], expected, `${what} on ${server.name}`);
  };

  await restart(servers, ["the-first-key"]);
  await browser.open();

  await check("visits are one number, which both count", async () => {
    for (const [visits, server] of [rust, django, django, rust, django].entries()) {
      assert.deepEqual(await visit(server), { ...ANONYMOUS, visits: visits + 1 });
    }
  });
  for (const server of servers) {
    await check(`a wrong password logs nobody in on ${server.name}`, async () => {
      await send(server, "#login", { ...USER, password: "byron" });
      await each(servers, "user", "nobody");
    });
  }
  for (const [here, there] of bothWays) {
    await check(`who logs in on ${here.name} is logged in on ${there.name}, with what was in the cart`, async () => {
      await send(there, "#add", { item: "milk" });
      const { user, cart } = await send(here, "#login", USER);
      assert.deepEqual({ user, cart }, { user: USER.username, cart: ["milk"] });
      await each([there, here], "user", USER.username);
      await each([there, here], "cart", ["milk"]);
    });
    await check(`who logs out on ${there.name} is logged out on ${here.name}, and has nothing left`, async () => {
      assert.deepEqual(await send(there, "#logout"), ANONYMOUS);
      assert.deepEqual(await visit(here), { ...ANONYMOUS, visits: 2 });
    });
  }

  await send(django, "#login", USER);
  for (const [here, there] of bothWays) {
    await check(`what ${here.name} puts into the cart, ${there.name} shows, and takes out`, async () => {
      for (const item of ITEMS) await send(here, "#add", { item });
      await each([there, here], "cart", ITEMS);
      await browser.picture(here.name);
      await send(there, "#clear");
      await each([here, there], "cart", []);
    });
  }

  for (const [here, there] of bothWays) {
    await check(`a session that ${here.name} ends in a day, ${there.name} ends in a day`, async () => {
      assert.equal((await send(here, "#remember", { seconds: DAY })).expiry, `${DAY} seconds`);
      assert.equal((await visit(there)).expiry, `${DAY} seconds`);
      const left = await secondsLeft(); // of the cookie that the other one wrote
      assert(left > DAY - 60 && left <= DAY, `${left}`);
    });
    await check(`one that ${here.name} ends with the browser, ${there.name} does too`, async () => {
      await send(here, "#remember", { seconds: "0" });
      assert.equal((await visit(there)).expiry, `${TWO_WEEKS}, or when the browser closes`);
      assert.equal((await browser.cookie(COOKIE)).expires, -1);
    });
    await check(`one that ${here.name} leaves to the settings, ${there.name} does too`, async () => {
      await send(here, "#remember", { seconds: "" });
      assert.equal((await visit(there)).expiry, TWO_WEEKS);
      assert((await secondsLeft()) > 14 * DAY - 60);
    });
  }
  await check("a session with an age survives the browser's end, and one without does not", async () => {
    await reopen();
    await each(servers, "user", USER.username);
    await send(rust, "#remember", { seconds: "0" });
    await reopen();
    assert.equal(await token(), undefined);
    assert.deepEqual(await visit(rust), ANONYMOUS);
  });
  for (const [here, there] of bothWays) {
    await check(`four seconds of ${here.name} are over on ${there.name}, for a copied cookie too`, async () => {
      await send(django, "#login", USER);
      await send(here, "#remember", { seconds: "4" });
      const copied = await token();
      assert.equal(await whoHas(rust, copied), USER.username);
      await sleep(5100); // ages are counted in whole seconds, from the one in which it was signed
      assert.equal(await token(), undefined);
      assert.equal(await whoHas(rust, copied), "nobody");
      assert.equal(await whoHas(django, copied), USER.username); // it looks at no session's own expiry
      assert.equal((await visit(there)).user, "nobody");
    });
  }

  await send(django, "#login", USER);
  await send(rust, "#add", { item: "tea" });
  for (const [first, before, after] of [
    [rust, "the-first-key", "the-second-key"],
    [django, "the-second-key", "the-third-key"],
  ]) {
    await check(`a new key, with the old one for a fallback, logs nobody out: ${first.name} signs anew`, async () => {
      const old = await token();
      await restart(servers, [after, before]);
      for (const server of servers) assert.equal(await whoHas(server, old), USER.username);
      assert.equal((await visit(first)).user, USER.username);
      await restart(servers, [after]);
      await each(servers, "user", USER.username);
      await each(servers, "cart", ["tea"]);
      for (const server of servers) assert.equal(await whoHas(server, old), "nobody");
    });
  }

  await check("a cart too large is an error on rust, and the session stays as it was", async () => {
    const before = await token();
    await browser.page.goto(`${rust.origin}/plain`); // no visit is counted between here and there
    const response = await browser.page.evaluate(async (item) => {
      const { status, headers } = await fetch("/cart", { method: "POST", body: new URLSearchParams({ item }) });
      return { status, type: headers.get("content-type") };
    }, TOO_LARGE);
    assert.deepEqual([response.status, response.type.split(";")[0]], [413, "text/html"]);
    assert.equal(await token(), before);
    await send(rust, "#add", { item: TOO_LARGE });
    assert.match(await browser.page.textContent("body"), /too large/);
    await browser.picture("too-large");
    await each(servers, "user", USER.username);
    await each(servers, "cart", ["tea"]);
  });
  await check("a cart too large is lost in silence on django, for the browser drops the cookie", async () => {
    assert.deepEqual((await send(django, "#add", { item: TOO_LARGE })).cart, ["tea"]);
  });

  await check("rust's test cookie works, and is shown to work once", async () => {
    const flash = () => browser.page.locator("#flash").allTextContents();
    await send(rust, "#test-cookie");
    assert.deepEqual(await flash(), ["cookies work"]);
    await visit(rust);
    assert.deepEqual(await flash(), []);
  });
  await check("a page that does not ask for the session sends no cookie, and varies on none", async () => {
    const seen = {};
    for (const path of ["plain", "session", "bare"]) {
      const { "set-cookie": cookie, vary } = await (await browser.page.goto(`${rust.origin}/${path}`)).allHeaders();
      seen[path] = [cookie?.split("=")[0], vary];
    }
    const nothing = [undefined, undefined];
    assert.deepEqual(seen, { plain: nothing, session: [COOKIE, "Cookie"], bare: nothing });
  });

  await check("a form on another site changes nothing, and its answer does not replace the session", async () => {
    const before = await token();
    await browser.page.goto(`${rust.origin.replace("127.0.0.1", "localhost")}/plain`);
    const answer = browser.page.waitForResponse(`${rust.origin}/cart`);
    await browser.page.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action });
      form.innerHTML = '<input name="item" value="poison">';
      document.body.append(form);
      form.submit();
    }, `${rust.origin}/cart`);
    assert.equal((await answer).status(), 403);
    await browser.page.waitForURL(`${rust.origin}/cart`);
    assert.equal(await token(), before);
    await each(servers, "cart", ["tea"]);
  });
  await check("a new password ends every copy of the session, but not the one that changed it", async () => {
    const copied = await token();
    for (const server of servers) assert.equal(await whoHas(server, copied), USER.username);
    assert.equal((await send(django, "#password", { password: "analytical engine" })).user, USER.username);
    await each(servers, "user", USER.username);
    for (const server of servers) assert.equal(await whoHas(server, copied), "nobody");
  });
  await check("the new password logs in on both, and the old one on neither", async () => {
    for (const server of servers) {
      await send(server, "#logout");
      assert.equal((await send(server, "#login", USER)).user, "nobody");
      assert.equal((await send(server, "#login", { ...USER, password: "analytical engine" })).user, USER.username);
    }
  });

  await browser.close();
  await Promise.all(servers.map((server) => server.stop()));
};
