// The small examples: a name and a number of visits, which survive, and are forgotten.

import assert from "node:assert/strict";
import { join } from "node:path";

import { check } from "./check.mjs";
import { Server } from "./servers.mjs";

const NAME = "<b>Ada</b>";

export const examples = async (browser) => {
  for (const name of ["axum", "actix", "no_framework"]) {
    const server = new Server(name, () => [join(process.env.EXAMPLES, name)]);
    await server.start();
    const read = async () => [await browser.page.textContent("h1"), Number(await browser.page.textContent("#visits"))];
    const press = (form) => Promise.all([browser.page.waitForEvent("load"), browser.page.click(`${form} button`)]);

    await check(`examples/${name}.rs counts visits, and forgets them on request`, async () => {
      await browser.context.clearCookies();
      for (const visits of [1, 2, 3]) {
        await browser.page.goto(server.origin);
        assert.deepEqual(await read(), ["Welcome", visits]);
      }
      if (name !== "no_framework") {
        await browser.page.fill("[name=name]", NAME);
        await press("#name");
        assert.deepEqual(await read(), [`Welcome, ${NAME}`, 4]);
      }
      await browser.pictures(name);
      await press("#forget");
      assert.deepEqual(await read(), ["Welcome", 1]);
    });
    await check(`examples/${name}.rs refuses a form of another site`, async () => {
      for (const site of ["cross-site", "same-site", "none"]) {
        const headers = { "sec-fetch-site": site };
        const response = await fetch(`${server.origin}/forget`, { method: "POST", headers });
        assert.deepEqual([response.status, response.headers.get("set-cookie")], [403, null]);
      }
      assert.equal((await fetch(`${server.origin}/forget`, { method: "POST" })).status, 403);
    });
    await server.stop();
  }
  await browser.context.clearCookies();
};
