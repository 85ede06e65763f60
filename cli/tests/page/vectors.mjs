// Runs the page's script in Node, which also has WebCrypto and DecompressionStream, on vectors that Django created.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import vm from "node:vm";

const file = new URL("../../src/commands/page.html", import.meta.url);
let html = readFileSync(file, "utf8");
const inside = (tag) => html.split(`<${tag}>`)[1].split(`</${tag}>`)[0];
const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
const [script, style] = [inside("script"), inside("style")];

if (process.argv[2] === "stamp") {
  html = html.replace(/script-src 'sha256-[^']*'/, `script-src '${hash(script)}'`);
  html = html.replace(/style-src 'sha256-[^']*'/, `style-src '${hash(style)}'`);
  writeFileSync(file, html);
  process.exit();
}

const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)[1];
assert.equal(
  policy,
  `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; base-uri 'none'; form-action 'none'`,
  "run tests/page/run stamp",
);
assert.doesNotMatch(html, /https?:|\bfetch\b|innerHTML|localStorage|\bsrc=|\bhref=/);

assert.ok(html.length < 40_000);
const page = { crypto, atob, Blob, DecompressionStream, TextEncoder, TextDecoder, Uint8Array };
vm.createContext(page);
vm.runInContext(script, page);
const inspect = (text, keys) => page.inspect(text, keys);
const vectors = (name) => JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url)));
const cases = (prefix, version, name) => {
  const found = vectors(prefix + version)[name];
  return typeof found === "string" ? vectors(prefix + found)[name] : found;
};
const key = ({ key_hex }) => Buffer.from(key_hex, "hex");

let checked = 0;
for (const version of ["1.11", "3.1", "5.2", "6.1"]) {
  for (const [name, field] of [["signed_cookie_sessions", "token"], ["stored", "text"]]) {
    for (const one of cases("sessions-", version, name)) {
      // The page only accepts keys that are text.
      const text = key(one).toString("utf8");
      if (!Buffer.from(text).equals(key(one))) continue;
      const result = await inspect(one[field], ["another", text]);
      assert.equal(result.verified, true, one[field]);
      assert.equal(result.key, 1);
      assert.equal(result.contents.json, one.json);
      if (one[field].includes(":")) assert.equal(result.signedAt, Math.floor(one.time));
      for (const [, value] of page.entries(one.json)) assert.ok(one.json.includes(value));
      assert.equal((await inspect(one[field], ["another"])).verified, false);
      assert.equal((await inspect(one[field], [])).verified, null);
      checked += 1;
    }
  }
}
for (const [signature, sentence] of [["x", "has 1 character;"], ["xy", "has 2 characters;"]]) {
  const { notes } = await inspect(`e30:1vb66i:${signature}`, []);
  assert.ok(notes.some((note) => note.includes(sentence)), notes.join());
}
for (const one of vectors("csrf_messages_django42").messages) {
  if (!one.set_cookie) continue;
  const result = await inspect(`Set-Cookie: ${one.set_cookie}`, ["moonshot-secret"]);
  assert.deepEqual([result.verified, result.kind], [true, "messages cookie"]);
  checked += 1;
}
for (const { token, secret_key, time } of vectors("sealed").vectors) {
  const result = await inspect(token, [secret_key]);
  assert.deepEqual([result.verified, result.contents.encrypted, result.signedAt], [true, true, time]);
  checked += 1;
}
for (const one of cases("pickles-", "3.1", "pickle_cookies").slice(0, 3)) {
  assert.equal((await inspect(one.token, ["secret"])).contents.pickle, true);
  checked += 1;
}

const token = "eyJhIjoxfQ:1r31eq:doNujFCJedX7S-7ZO8gf20x0BRtCStxcgCk7GaPEm-U";
for (const [text, notes] of [
  [token, 0],
  [`"${token}"`, 1],
  [token.replaceAll(":", "%3A"), 1],
  [`Cookie: a=b; sessionid=${token}; c=d`, 0],
  [` abcdefghijkl | ${token} | 2026-12-09 10:22:05+00`, 0],
  [`${token.slice(0, 30)}\n ${token.slice(30)}`, 1],
]) {
  const result = await inspect(text, ["secret"]);
  assert.deepEqual([result.verified, result.notes.length], [true, notes], text);
}
for (const text of ["abcdefghij0123456789abcdefghij01", "hello", "a:b", "::::", "%3A%", ".eJ:a:b", "\u{1F600}", "x".repeat(1e6)]) {
  const result = await inspect(text, ["secret"]);
  assert.ok(result.notes.length > 0 && result.verified !== true, text);
}
for (const text of ["%ff%3a%3a", `a:1:${"\u{e9}".repeat(43)}`, `eyJhIjoxfQ:zzzzzzzzzzz:${"a".repeat(43)}`, `${"session".repeat(1e5)}=`]) {
  assert.notEqual((await inspect(text, ["secret"])).verified, true);
}
// Time is linear in the length.
const before = Date.now();
await inspect(`A${"=".repeat(2e5)}A`, ["secret"]).catch(() => {});
assert.ok(Date.now() - before < 5000);
// Keys as another program reads them: with a newline, without quotes.
for (const [slip, sentence] of [
  ["secret\n", "White space stands around key 2. The session cookie was signed with the same key without it."],
  ["secret ", "White space stands around key 2. The session cookie was signed with the same key without it."],
  ['"secret"', "The session cookie was signed with key 2 without the quotes around it."],
  ["'secret'", "The session cookie was signed with key 2 without the quotes around it."],
]) {
  const result = await inspect(token, ["another", slip]);
  assert.deepEqual([result.verified, result.notes.length], [false, 1], slip);
  assert.equal(result.notes[0], `${sentence} Let both servers read the same key.`);
}
// The server that signed has read a newline with its key.
const derived = createHash("sha256").update("django.contrib.sessions.backends.signed_cookiessignersecret\n").digest();
const value = token.slice(0, token.lastIndexOf(":"));
const withNewline = `${value}:${createHmac("sha256", derived).update(value).digest("base64url")}`;
assert.match((await inspect(withNewline, ["secret"])).notes[0], /^The session cookie was signed with key 1 followed by a newline\./);
assert.equal((await inspect(`Cookie: __Host-sessionid=${token}`, ["secret"])).verified, true);
for (const header of [
  `Cookie: sessionid=${token}; messages=a:b:c; analytics_session=d:e:f`,
  `Cookie: sessionid=a:b:c; messages=d:e:f; sessionid=${token}`,
  `Cookie: shop_session=${token}; messages=a:b:c`,
  `Cookie: __Host-sessionid=${token}; analytics_session=d:e:f`,
]) {
  assert.equal((await inspect(header, ["secret"])).verified, true, header);
}
const ends = (json, age) => page.end({ kind: "session cookie", signedAt: 1000, contents: { json } }, age)?.at;
assert.equal(ends("{}", 60), 1060);
assert.equal(ends('{"_session_expiry":30}', 60), 1030);
assert.equal(ends('{"_session_expiry":0}', 60), 1060);
assert.equal(ends('{"_session_expiry":-1}', 60), 999);
assert.equal(ends('{"_session_expiry":true}', 60), 1001);
assert.equal(ends('{"_session_expiry":"1970-01-01T01:00:00+00:00"}', 60), 3600);
assert.equal(ends('{"_session_expiry":"1970-01-01T01:00:00"}', 60), 3600);
assert.equal(ends("{}", Infinity), undefined);
assert.equal(page.date(1e18), "1000000000000000000 s after 1970");
assert.deepEqual(JSON.parse(JSON.stringify(page.entries('{"a":[1,{"b":2}],"c":"x,}:\\"y","n":100000000000000000000000000}'))), [
  ["a", '[1,{"b":2}]'],
  ["c", '"x,}:\\"y"'],
  ["n", "100000000000000000000000000"],
]);
for (const [json, cut] of [
  ['{"a":[1,{"_csrftoken" : "abcdefghijklmno","b":"\\\\\\",_csrftoken\\":1"}],"n":1.50}', '{"a":[1,{"_csrftoken" : "abcdef…","b":"\\\\\\",_csrftoken\\":1"}],"n":1.50}'],
  ['[{"\\u005fcsrftoken":["abcdefghijklmno",{"x":"]"}],"d":"_csrftoken"}]', '[{"\\u005fcsrftoken":"abcde…","d":"_csrftoken"}]'],
  ["no JSON", "no JSON"],
]) {
  assert.equal(page.redacted(json), cut);
}
console.log(`page: ${checked} vectors`);
