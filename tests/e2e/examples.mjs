// The small examples: they remember a name and the number of visits, and forget them on request.

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
    await check(`examples/${name}.rs rejects a form without the token, or of another origin`, async () => {
      await browser.page.goto(server.origin);
      const token = await browser.page.inputValue("#forget [name=csrfmiddlewaretoken]");
      const { value: secret } = await browser.cookie("csrftoken");
      const post = (origin, token) =>
        fetch(`${server.origin}/forget`, {
          method: "POST",
          headers: { cookie: `csrftoken=${secret}`, origin },
          body: new URLSearchParams({ csrfmiddlewaretoken: token }),
          redirect: "manual",
        });
      assert.equal((await post(server.origin, token)).status, 303);
      for (const [origin, sent] of [["http://evil.test", token], ["null", token], [server.origin, ""], [server.origin, secret.replace(/./g, "x")]]) {
        const response = await post(origin, sent);
        assert.deepEqual([response.status, response.headers.get("set-cookie")], [403, null], origin);
        assert.match(await response.text(), /CSRF verification failed/);
      }
      assert.equal((await fetch(`${server.origin}/forget`, { method: "POST" })).status, 403);
    });
    await server.stop();
  }
  await browser.context.clearCookies();
};
