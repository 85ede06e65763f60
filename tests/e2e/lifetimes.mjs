// Sessions that end early: through a list of revoked ids in Redis, an absolute age, or a number in the user's row. And
// sessions that are refreshed.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { check } from "./check.mjs";
import { Redis } from "./servers.mjs";
import { ADA, GRACE } from "./visitor.mjs";

const CSRF = "x".repeat(32);
const ABSOLUTE_AGE = 6;
const REFRESH_AFTER = 3;
const ROUNDS = 25;

/** Sends a form with these cookies, without a browser. */
const post = (server, path, session, fields = {}) =>
  fetch(server.origin + path, {
    method: "POST",
    headers: { cookie: `sessionid=${session}; csrftoken=${CSRF}`, "x-csrftoken": CSRF },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });

/** Returns the session cookie that a response sets; empty if it removes the cookie. */
const setBy = (response) => {
  const cookies = response.headers.getSetCookie().map((cookie) => /^sessionid="?([^;"]*)/.exec(cookie)?.[1]);
  return cookies.find((value) => value !== undefined);
};

export const lifetimes = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust } = shop;
  const servers = [django, rust];
  const redis = new Redis();
  await redis.start();
  shop.env.REDIS_URL = redis.url;

  const who = async (token) => {
    const answers = await Promise.all(servers.map((server) => visitor.whoHas(server, token)));
    assert.equal(answers[0], answers[1], "both servers agree");
    return answers[0];
  };
  /** Logs in with an empty cookie jar, and returns the session cookie. */
  const newSession = async (server, user = ADA) => {
    await browser.context.clearCookies();
    assert.equal((await visitor.logIn(server, user)).user, user.username);
    return visitor.token();
  };
  const listed = async () => {
    await visitor.visit(rust, "/account/sessions/");
    return visitor.page.$$eval("#sessions tbody tr", (rows) =>
      rows.map((row) => ({ id: row.dataset.id, isThis: row.querySelector("form") === null })),
    );
  };
  const name = async () => (await visitor.page.goto(`${rust.origin}/account/name`)).text();

  await shop.start(["the-key"]);

  for (const server of servers) {
    await check(`a cookie copied before the logout on ${server.name} is rejected, and so are cookies from requests in flight`, async () => {
      const interrupted = async () => {
        const copied = await newSession(rust);
        assert.equal(await who(copied), ADA.username);
        // The password check takes a while. The visit is written after it.
        let ended = 0;
        const inFlight = servers.map(async (other) => {
          const response = await post(other, "/accounts/login/", copied, { ...ADA, password: "byron" });
          ended += 1;
          return setBy(response);
        });
        await sleep(50);
        const response = await post(server, "/accounts/logout/", copied);
        const all = ended === 0;
        assert.deepEqual([response.status < 400, setBy(response)], [true, ""]);
        for (const token of [copied, ...(await Promise.all(inFlight))]) {
          assert(token?.length > 100, "it is a session");
          assert.equal(await who(token), undefined);
        }
        return all;
      };
      let seen = false; // false if the logout came too late
      for (let attempt = 0; attempt < 10 && !seen; attempt += 1) seen = await interrupted();
      assert(seen, "no requests were in flight");
    });
  }
  await check("the page of sessions lists the sessions of both servers, and can end one", async () => {
    const first = await newSession(django);
    await visitor.visit(django, "/");
    const second = await newSession(rust);
    const before = await listed();
    assert.deepEqual(before.map(({ isThis }) => isThis).sort(), [false, true]);
    await browser.pictures("sessions");
    const { id } = before.find(({ isThis }) => isThis);
    await visitor.press("#sessions td");
    assert.deepEqual(await listed(), [{ id, isThis: true }]);
    assert.deepEqual([await who(first), await who(second)], [undefined, ADA.username]);

    const other = await newSession(rust, GRACE);
    assert.equal((await post(rust, "/account/sessions/end", other, { id })).status, 404);
    assert.equal(await who(second), ADA.username, "another user cannot end it");
  });
  for (const server of servers) {
    await check(`a logout everywhere on ${server.name} ends all sessions of this user, and no others`, async () => {
      const other = await newSession(rust, GRACE);
      const first = await newSession(rust);
      const second = await newSession(django);
      await visitor.visit(server, "/account/");
      assert.equal((await visitor.press("#everywhere")).user, undefined);
      for (const token of [first, second]) assert.equal(await who(token), undefined);
      assert.equal(await who(other), GRACE.username);
      await newSession(server);
      assert.equal((await listed()).length, 1);
    });
  }
  await check("while Redis is down, no session is accepted unchecked, and afterwards the list is still there", async () => {
    const ended = await newSession(rust);
    await visitor.logOut(rust);
    const token = await newSession(rust);
    const status = async (server, cookie) => {
      const response = await fetch(`${server.origin}/cart/`, { headers: { cookie } });
      return [response.status, cookie ? setBy(response) : undefined];
    };
    await redis.stop();
    for (const value of [token, ended]) {
      assert.deepEqual(await status(rust, `sessionid=${value}`), [503, undefined]);
      assert.deepEqual(await status(django, `sessionid=${value}`), [500, undefined]);
    }
    for (const server of servers) assert.deepEqual(await status(server, ""), [200, undefined]);
    await visitor.visit(rust);
    await browser.pictures("redis-is-down");
    const response = await post(rust, "/accounts/logout/", token);
    assert.deepEqual([response.status, setBy(response)], [503, ""], "the browser is logged out");
    await redis.start();
    assert.deepEqual([await who(ended), await who(token)], [undefined, ADA.username]);
  });

  await check("a refresh extends the cookie, but only after REFRESH_AFTER", async () => {
    await rust.start({ ...shop.env, REFRESH_AFTER });
    await newSession(rust);
    const first = await browser.cookie("sessionid");
    for (const start = Date.now(); Date.now() - start < (REFRESH_AFTER - 1) * 1000; await sleep(200)) {
      assert.equal(await name(), ADA.username);
      assert.deepEqual(await browser.cookie("sessionid"), first);
    }
    await sleep(2100);
    assert.equal(await name(), ADA.username);
    const second = await browser.cookie("sessionid");
    assert(second.expires - first.expires >= REFRESH_AFTER, `${second.expires - first.expires}`);
    assert.equal(await name(), ADA.username);
    assert.deepEqual(await browser.cookie("sessionid"), second);
  });
  await check("parallel requests lose a write no more often than without refresh", async () => {
    /** Returns how many notes are lost. Each is written while parallel requests read the session. */
    const lost = async (REFRESH_AFTER) => {
      await rust.start({ ...shop.env, REFRESH_AFTER });
      await visitor.visit(rust);
      return visitor.page.evaluate(async (rounds) => {
        const { value } = document.querySelector("[name=csrfmiddlewaretoken]");
        let lost = 0;
        for (let round = 0; round < rounds; round += 1) {
          const body = new URLSearchParams({ note: `round ${round}`, csrfmiddlewaretoken: value });
          const write = fetch("/cart/note", { method: "POST", body, redirect: "manual" });
          await Promise.all([write, ...[1, 2, 3, 4].map(() => fetch("/account/name", { cache: "no-store" }))]);
          const page = await (await fetch("/cart/")).text();
          if (!page.includes(`round ${round}</textarea>`)) lost += 1;
        }
        return lost;
      }, ROUNDS);
    };
    assert.equal(await lost(1_000_000), 0, "without refresh");
    assert.equal(await lost(REFRESH_AFTER), 0, "with refresh");
    assert.notEqual(await lost(0), 0, "with a refresh in each request, some are lost");
  });

  await check("the absolute age ends a session that is constantly used, on both servers", async () => {
    Object.assign(shop.env, { ABSOLUTE_AGE });
    await shop.start(["the-key"]);
    const seconds = (start) => (Date.now() - start) / 1000;
    const before = Date.now();
    const copies = [await newSession(rust)];
    const after = Date.now();
    for (let visits = 0; (await visitor.visit(servers[visits % 2])).user === ADA.username; visits += 1) {
      const cookie = await browser.cookie("sessionid");
      if (cookie) copies.push(cookie.value);
      // Django's Max-Age comes from its settings.
      if (cookie && visits % 2) assert(cookie.expires - Date.now() / 1000 <= ABSOLUTE_AGE + 1 - seconds(after));
      assert(seconds(after) < ABSOLUTE_AGE + 1, "it does not end");
      await sleep(200);
    }
    // The start and the time left are rounded down to seconds.
    assert(seconds(before) > ABSOLUTE_AGE - 2, `it ended after ${seconds(before)} s`);
    await sleep(after + (ABSOLUTE_AGE + 1) * 1000 - Date.now());
    for (const copy of [copies[0], copies.at(-1)]) assert.equal(await who(copy), undefined);
  });
  delete shop.env.ABSOLUTE_AGE;
  delete shop.env.REDIS_URL;
  await shop.start(["the-key"]);
  await redis.stop();
  await browser.context.clearCookies();
};
