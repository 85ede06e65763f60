// Who may see which page, and the responses to requests that the shop's own pages do not send.

import assert from "node:assert/strict";

import { check } from "./check.mjs";
import { ADA, GRACE } from "./visitor.mjs";

export const access = async (visitor) => {
  const { browser, shop } = visitor;
  const { django, rust } = shop;
  const servers = [django, rust];
  const status = async (server, path) => (await visitor.page.goto(server.origin + path)).status();

  await check("both redirect anonymous visitors to the same login page", async () => {
    for (const path of ["/account/", "/stock/", "/account/?a=1&b=%C3%BC+x&c=%2F%23%26", "/account/?next=/&next=//evil.test"]) {
      const redirects = await Promise.all(
        servers.map(async ({ origin }) => {
          const response = await fetch(origin + path, { redirect: "manual" });
          return [response.status, response.headers.get("location")];
        }),
      );
      const { pathname, searchParams } = new URL(redirects[0][1], django.origin);
      assert.deepEqual([redirects[0][0], pathname, searchParams.get("next")], [302, "/accounts/login/", path]);
      assert.deepEqual(redirects[1], redirects[0]);
    }
  });
  for (const server of servers) {
    await check(`after the login, ${server.name} redirects back to the same page and query`, async () => {
      const page = `${server.origin}/account/?a=1&b=%C3%BC+x`;
      await visitor.page.goto(page);
      await visitor.page.fill("#login [name=username]", ADA.username);
      await visitor.page.fill("#login [name=password]", ADA.password);
      assert.equal((await visitor.press("#login")).user, ADA.username);
      assert.equal(visitor.page.url(), page);
      await browser.pictures(`${shop.engine}-account-${server.name}`);
      await visitor.logOut(server);
    });
    await check(`a login on ${server.name} does not redirect to another site`, async () => {
      for (const next of ["//evil.test/", "https://evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)"]) {
        await visitor.logIn(server, ADA, next);
        assert.equal(visitor.page.url(), `${server.origin}/`);
        await visitor.logOut(server);
      }
    });
  }

  await check("the pages that moved are the same as Django's", async () => {
    await visitor.logIn(rust, GRACE);
    await visitor.add(rust, "assam");
    await visitor.note(rust, "for Charles");
    for (const path of ["/cart/", "/account/", "/stock/", "/accounts/login/?next=/cart/"]) {
      const seen = [];
      for (const server of servers) {
        await visitor.visit(server, path);
        const main = await visitor.page.evaluate(() => {
          document.querySelectorAll("[name=csrfmiddlewaretoken], footer").forEach((element) => element.remove());
          return document.body.innerHTML.replace(/\s+/g, " ").replaceAll("> <", "><");
        });
        seen.push(main);
      }
      assert.equal(seen[1], seen[0]);
    }
  });
  await check("both answer with the same security headers", async () => {
    const names = ["x-frame-options", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy"];
    const [first, second] = await Promise.all(servers.map(({ origin }) => fetch(`${origin}/cart/`)));
    for (const name of names) assert.equal(second.headers.get(name), first.headers.get(name), name);
  });

  await check("both answer for the shop's own host names, and for no others", async () => {
    for (const { name, port } of servers) {
      for (const [host, expected] of [["localhost", 200], ["tea.shop.localhost", 200], ["insecure.test", 400]]) {
        assert.equal(await status({ origin: `http://${host}:${port}` }, "/cart/"), expected, `${host} on ${name}`);
      }
    }
  });

  await check("a clerk may change the stock on both, by the group's permission", async () => {
    const tins = async () => Number(await visitor.page.textContent("#stock [data-product=sencha] .stock"));
    for (const server of servers) {
      assert.equal(await status(server, "/stock/"), 200);
      const before = await tins();
      await visitor.press("#stock [data-product=sencha] form");
      assert.equal(await tins(), before + 10);
    }
    await browser.pictures(`${shop.engine}-stock`);
    await visitor.logOut(rust);
  });
  await check("a customer may not, except with the permission or as a superuser, and only while active", async () => {
    await visitor.logIn(rust, ADA);
    const ada = "from django.contrib.auth.models import Permission; from shop.models import User; ada = User.objects.get(username='ada'); ";
    const both = async (expected) => {
      for (const server of servers) assert.equal(await status(server, "/stock/"), expected, server.name);
    };
    await both(403);
    shop.shell(`${ada}ada.user_permissions.add(Permission.objects.get(codename='change_product'))`);
    await both(200);
    shop.shell(`${ada}ada.user_permissions.clear(); ada.is_superuser = True; ada.save()`);
    await both(200);
    shop.shell(`${ada}ada.is_superuser = False; ada.save()`);
    await both(403);
    shop.shell(`${ada}ada.is_active = False; ada.save()`);
    for (const server of servers) assert.equal((await visitor.visit(server)).user, undefined);
    shop.shell(`${ada}ada.is_active = True; ada.save()`);
    for (const server of servers) assert.equal((await visitor.visit(server)).user, ADA.username);
  });

  await check("a cart that Rust filled can be ordered from Django, and is then empty on Rust", async () => {
    await visitor.add(rust, "darjeeling");
    await visitor.add(rust, "darjeeling");
    await visitor.visit(rust, "/checkout/");
    assert.equal((await visitor.press("#order")).total, "€17.80");
    assert.match(visitor.page.url(), /\/orders\/\d+\/$/);
    await browser.pictures(`${shop.engine}-order`);
    assert.deepEqual((await visitor.visit(rust)).cart, []);
  });
  await check("a page that does not use the session sends no cookie, and does not vary on cookies", async () => {
    const seen = {};
    for (const path of ["/account/health", "/cart/"]) {
      const response = await visitor.page.request.get(rust.origin + path);
      const { "set-cookie": cookie, vary } = response.headers();
      seen[path] = [cookie?.split("=")[0], vary];
    }
    assert.deepEqual(seen, { "/account/health": [undefined, undefined], "/cart/": ["sessionid", "Cookie"] });
  });
};
