// How the service of examples/beside_django forwards requests and responses.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { randomBytes } from "node:crypto";

import { check } from "./check.mjs";
import { service } from "./servers.mjs";

/** Sends a request with exactly these headers. Returns the response with its body. */
const send = async (port, path, { method = "GET", headers = {}, body = [] } = {}) => {
  const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  for (const chunk of body) outgoing.write(chunk);
  outgoing.end();
  const [response] = await once(outgoing, "response");
  const chunks = await response.toArray();
  return Object.assign(response, { body: Buffer.concat(chunks) });
};

export const proxy = async () => {
  const seen = [];
  const upstream = createServer(async (incoming, response) => {
    seen.push(Object.assign(incoming, { body: Buffer.concat(await incoming.toArray()) }));
    if (incoming.url.startsWith("/status/")) response.statusCode = Number(incoming.url.slice("/status/".length));
    response.setHeader("Set-Cookie", ["a=1; Path=/", "b=2; HttpOnly", "a=3; Path=/x"]);
    response.setHeader("Connection", "X-Hop, close");
    response.setHeader("X-Hop", "of this connection only");
    response.setHeader("X-End", "of the response");
    response.end(incoming.method === "HEAD" ? undefined : incoming.body.length ? incoming.body : "hello");
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const front = service("proxy", () => `127.0.0.1:${upstream.address().port}`, "");
  await front.start({ SECRET_KEY: "of no use", DATABASE_URL: "sqlite::memory:", ENGINE: "signed_cookies" });
  const last = () => seen.at(-1);

  await check("path, query, method and Host arrive unchanged", async () => {
    const path = "/a%2Fb/%F0%9F%AB%96/../c;d?x=1&x=%26&y";
    await send(front.port, path, { method: "PURGE", headers: { host: "shop.example:8443" } });
    const { url, method, headers } = last();
    assert.deepEqual([url, method, headers.host], [path, "PURGE", "shop.example:8443"]);
  });
  await check("forged headers about the origin of a request are overwritten", async () => {
    const claims = {
      host: "shop.example",
      "X-Forwarded-For": "10.0.0.1",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "evil.test",
      "X-Forwarded-Port": "443",
      Forwarded: "for=10.0.0.1;proto=https",
      X_Forwarded_Proto: "https",
      Cookie: "sessionid=kept; other=kept",
      "X-Own": "kept",
    };
    await send(front.port, "/", { headers: claims });
    const { headers } = last();
    const forwarded = Object.entries(headers).filter(([name]) => /forwarded|own|cookie/.test(name));
    assert.deepEqual(Object.fromEntries(forwarded), {
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "http",
      cookie: "sessionid=kept; other=kept",
      "x-own": "kept",
    });
  });
  await check("headers of the connection are not forwarded in either direction", async () => {
    const headers = { Connection: "X-Secret, keep-alive", "X-Secret": "1", "Keep-Alive": "5", TE: "trailers", Upgrade: "h2c" };
    const response = await send(front.port, "/", { headers });
    for (const name of ["x-secret", "keep-alive", "te", "upgrade"]) assert.equal(last().headers[name], undefined, name);
    assert.equal(response.headers["x-hop"], undefined);
    assert.equal(response.headers["x-end"], "of the response");
  });
  await check("all Set-Cookie headers come back, in order", async () => {
    const { headers } = await send(front.port, "/");
    assert.deepEqual(headers["set-cookie"], ["a=1; Path=/", "b=2; HttpOnly", "a=3; Path=/x"]);
  });
  await check("statuses come back, without a body where there is none", async () => {
    for (const status of [200, 204, 302, 304, 404, 418, 500]) {
      assert.equal((await send(front.port, `/status/${status}`)).statusCode, status);
    }
    const head = await send(front.port, "/", { method: "HEAD" });
    assert.deepEqual([head.statusCode, head.body.length], [200, 0]);
  });
  await check("a body of five million bytes is forwarded unchanged in both directions", async () => {
    const body = randomBytes(5_000_000);
    const headers = { "Content-Length": body.length, Expect: "100-continue" };
    const response = await send(front.port, "/", { method: "POST", headers, body: [body] });
    assert(last().body.equals(body) && response.body.equals(body));
    assert.equal(last().headers["content-length"], `${body.length}`);
  });
  await check("a body without a length is rejected, because WSGI cannot read it", async () => {
    const headers = { "Transfer-Encoding": "chunked" };
    assert.equal((await send(front.port, "/", { method: "POST", headers, body: ["a", "b"] })).statusCode, 411);
  });
  await check("an error page is shown when Django does not answer", async () => {
    upstream.close();
    upstream.closeAllConnections();
    const { statusCode, headers, body } = await send(front.port, "/");
    assert.deepEqual([statusCode, headers["content-type"].split(";")[0]], [502, "text/html"]);
    assert.match(body.toString(), /try again/);
  });
  await front.stop();
};
