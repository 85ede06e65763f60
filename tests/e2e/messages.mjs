// Messages that one server adds and a page of the other shows.

import assert from "node:assert/strict";

import { check } from "./check.mjs";
import { ADA } from "./visitor.mjs";

const COOKIE = "messages";
const HTML = `<b id="injected">"Größe" & 'co'</b> 🫖`;

export const messages = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust } = shop;
  const bothWays = [
    [django, rust],
    [rust, django],
  ];
  const saved = (note) => ["success", `We will write: ${note}`];

  for (const server of [django, rust]) {
    await check(`${server.name} shows a welcome message after a login`, async () => {
      assert.deepEqual((await visitor.logIn(server, ADA)).messages, [["success", "Welcome, Ada."]]);
    });
  }
  await check("Django's checkout warns of an empty cart once, on Rust's page", async () => {
    const { server, messages } = await visitor.visit(rust, "/checkout/");
    assert.deepEqual([server, messages], ["rust", [["warning", "Your cart is empty."]]]);
    await browser.pictures(`${shop.engine}-message-rust`);
    assert.deepEqual((await visitor.visit(rust)).messages, []);
    assert.equal(await browser.cookie(COOKIE), undefined);
  });
  await check("Rust's logout shows its message once, on Django's front page", async () => {
    const { server, messages } = await visitor.logOut(rust);
    assert.deepEqual([server, messages], ["django", [["success", "You have logged out. See you soon!"]]]);
    await browser.pictures(`${shop.engine}-message-django`);
    assert.deepEqual((await visitor.visit(rust, "/")).messages, []);
    assert.equal(await browser.cookie(COOKIE), undefined);
  });
  for (const [here, there] of bothWays) {
    await check(`${there.name} shows several messages of ${here.name}, in order and as text`, async () => {
      await visitor.noteQuietly(here, HTML, "second");
      const { messages } = await visitor.visit(there);
      assert.deepEqual(messages, [saved(HTML), saved("second")]);
      assert.equal(await visitor.page.locator("#injected").count(), 0);
    });
    await check(`messages of ${here.name} that do not fit into the cookie are stored in the session, and ${there.name} shows them`, async () => {
      const random = (seed) => Array.from({ length: 100 }, (_, n) => ((n * seed) >>> 0).toString(36).padStart(7, "0")).join("");
      const notes = [2654435761, 2246822519, 3266489917, 668265263, 374761393].map(random);
      await visitor.noteQuietly(here, ...notes);
      assert((await browser.cookie(COOKIE)).value.length <= 2048);
      assert.deepEqual((await visitor.visit(there)).messages, notes.map(saved));
      assert.deepEqual((await visitor.visit(here)).messages, []);
    });
    await check(`${there.name} does not show a forged message, and still shows one of ${here.name}`, async () => {
      const forged = `${btoa('[["__json_message",1,20,"<b>free tea</b>",""]]').replaceAll("=", "")}:1r31eq:${"x".repeat(43)}`;
      await browser.context.addCookies([{ name: COOKIE, value: forged, url: there.origin, secure: true }]);
      assert.deepEqual((await visitor.visit(there)).messages, []);
      assert.deepEqual((await visitor.note(here, "true")).messages, [saved("true")]);
    });
  }
  await browser.context.clearCookies();
};
