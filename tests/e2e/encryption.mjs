// Encrypted sessions: encryption is turned on in three steps, one server after the other, while a visitor is logged in.

import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";

import { check } from "./check.mjs";
import { ADA } from "./visitor.mjs";

const STEPS = ["off", "write-plain", "accept-plain", "on"];

/** Returns the payload of a signed cookie: base64url before the first ":". After a ".", it is compressed. */
const payload = (cookie) => {
  const [text] = cookie.split(":");
  const bytes = Buffer.from(text.replace(/^\./, ""), "base64url");
  return text.startsWith(".") ? inflateSync(bytes) : bytes;
};
/** Returns whether the bytes reveal the cart, the note or the login, as they are or inflated from any position. */
const tells = (bytes) => {
  const texts = [bytes];
  for (let start = 0; start < bytes.length; start += 1) {
    try {
      texts.push(inflateSync(bytes.subarray(start)));
    } catch {
      // No zlib stream starts at this position.
    }
  }
  return texts.some((text) => ["cart", "assam", "Charles", "_auth_user_id"].some((word) => text.includes(word)));
};

export const encryption = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust, stored } = shop;
  const servers = [django, rust];
  /** Visits both servers, which write the session. The visitor must be logged in, with this many tins. */
  const visits = async (tins) => {
    for (const server of servers) {
      const { user, cart } = await visitor.visit(server);
      assert.deepEqual([user, cart], [ADA.username, [["assam", tins]]], server.name);
    }
  };
  const start = (server, ENCRYPTION) =>
    server === django ? shop.startSite({ ENCRYPTION }) : rust.start({ ...shop.env, ENCRYPTION });
  /** Lets the server write the session and a message. Returns the payloads of all cookies, or of the stored session. */
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
    // Alternate which server takes the step first.
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
    await check(`encryption, ${step}: both write what this step requires`, async () => {
      for (const server of servers) {
        for (const [name, bytes] of await written(server)) {
          const encrypted = step !== "write-plain" && name === "sessionid";
          assert.equal(tells(bytes), name === "sessionid" && !encrypted, `${name} of ${server.name}`);
          if (encrypted) assert.equal(bytes[0], 1, "the version");
        }
        assert.deepEqual((await visitor.visit(server)).messages, [["success", "We will write: for Charles"]]);
      }
    });
    // A stored session has been rewritten, so there is no plain one any more.
    if (stored) continue;
    await check(`encryption, ${step}: both ${step === "on" ? "reject" : "read"} a plain session`, async () => {
      const who = step === "on" ? undefined : ADA.username;
      for (const server of servers) assert.equal(await visitor.whoHas(server, plain), who, server.name);
    });
  }
  await check("both read and change an encrypted session, and a logout ends it", async () => {
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
