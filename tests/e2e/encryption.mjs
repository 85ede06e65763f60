// Encrypted sessions: turned on in three steps, one server after the other, under a visitor who is logged in.

import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";

import { check } from "./check.mjs";
import { ADA } from "./visitor.mjs";

const STEPS = ["off", "write-plain", "accept-plain", "on"];

/** What is in a signed cookie: base64url before the first ":", which Django compresses behind a ".". */
const payload = (cookie) => {
  const [text] = cookie.split(":");
  const bytes = Buffer.from(text.replace(/^\./, ""), "base64url");
  return text.startsWith(".") ? inflateSync(bytes) : bytes;
};
/** Whether the bytes tell anything of the cart, the note or the login, as they are or inflated from any place on. */
const tells = (bytes) => {
  const texts = [bytes];
  for (let start = 0; start < bytes.length; start += 1) {
    try {
      texts.push(inflateSync(bytes.subarray(start)));
    } catch {
      // Nothing compressed starts there.
    }
  }
  return texts.some((text) => ["cart", "assam", "Charles", "_auth_user_id"].some((word) => text.includes(word)));
};

export const encryption = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust, stored } = shop;
  const servers = [django, rust];
  /** The visitor is logged in on both, with this many tins, after each of them has written the session. */
  const visits = async (tins) => {
    for (const server of servers) {
      const { user, cart } = await visitor.visit(server);
      assert.deepEqual([user, cart], [ADA.username, [["assam", tins]]], server.name);
    }
  };
  const start = (server, ENCRYPTION) =>
    server === django ? shop.startSite({ ENCRYPTION }) : rust.start({ ...shop.env, ENCRYPTION });
  /** All cookies, when the server has written the session and a message; for a session key, what is stored under it. */
  const written = async (server) => {
    await visitor.noteQuietly(server, "for Charles");
    const cookies = await browser.context.cookies();
    return cookies.map(({ name, value }) => [name, payload(stored && name === "sessionid" ? shop.row(value) : value)]);
  };

  await visitor.logIn(django, ADA);
  await visitor.add(rust, "assam");
  const plain = await visitor.token();
  let tins = 1;

  for (const [index, step] of STEPS.entries()) {
    if (index === 0) continue;
    // Each of them is the first to take a step at some time.
    const order = index % 2 ? [rust, django] : [django, rust];
    await check(`encryption, ${STEPS[index - 1]} → ${step}: nobody is logged out while one server is ahead`, async () => {
      for (const server of order) {
        await start(server, step);
        await visits(tins);
        await visitor.add(server, "assam");
        tins += 1;
        await visits(tins);
      }
    });
    await check(`encryption, ${step}: what both write`, async () => {
      for (const server of servers) {
        for (const [name, bytes] of await written(server)) {
          const encrypted = step !== "write-plain" && name === "sessionid";
          assert.equal(tells(bytes), name === "sessionid" && !encrypted, `${name} of ${server.name}`);
          if (encrypted) assert.equal(bytes[0], 1, "the version");
        }
        assert.deepEqual((await visitor.visit(server)).messages, [["success", "We will write: for Charles"]]);
      }
    });
    // Behind a key there is no plain session any more.
    if (stored) continue;
    await check(`encryption, ${step}: a plain session ${step === "on" ? "is rejected" : "is read"} by both`, async () => {
      const who = step === "on" ? undefined : ADA.username;
      for (const server of servers) assert.equal(await visitor.whoHas(server, plain), who, server.name);
    });
  }
  await check("a session that is encrypted is read and changed by both, and logged out for good", async () => {
    for (const server of servers) {
      await visitor.note(server, `by ${server.name}`);
      for (const other of servers) assert.equal((await visitor.visit(other)).note, `by ${server.name}`);
    }
    await visitor.logOut(rust);
    for (const server of servers) assert.equal((await visitor.visit(server)).user, undefined);
  });
  await shop.startSite();
  await shop.startServices();
  await browser.context.clearCookies();
};
