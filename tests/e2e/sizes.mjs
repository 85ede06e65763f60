// The cookie sizes that a browser accepts, for cookies that this crate builds, and for those that it rejects.

import assert from "node:assert/strict";

import { check } from "./check.mjs";

const x = (length) => "x".repeat(length);

// The rows of the table: the lengths of name, value and path, what Chromium does, and the SizeRules that accept the
// cookie. The path pads the attributes, which are 40 bytes with the path "/".
const BOTH = ["Rfc6265", "Rfc6265bis"];
const ONE = ["Rfc6265bis"];
const SIZES = [
  [9, 4047, 1, "keeps", BOTH], // 4096 with all attributes
  [9, 4048, 1, "keeps", ONE],
  [9, 3048, 1000, "keeps", BOTH], // the same sums with other attributes
  [9, 3049, 1000, "keeps", ONE],
  [9, 4085, 1, "keeps", ONE],
  [9, 4086, 1, "keeps", ONE],
  [9, 4087, 1, "keeps", ONE], // 4096 without attributes
  [9, 4087, 1024, "keeps", ONE], // and the longest attributes
  [9, 4088, 1, "drops", []],
  [9, 4089, 1, "drops", []],
  // The ten cases of web-platform-tests, cookies/size/name-and-value.html. This crate rejects names over 1024 bytes.
  [1, 4095, 1, "keeps", ONE],
  [1, 4096, 1, "drops", []],
  [2048, 2048, 1, "keeps", []],
  [4096, 0, 1, "keeps", []],
  [4096, 1, 1, "drops", []],
  [4097, 0, 1, "drops", []],
  [4097, 1, 1, "drops", []],
  [0, 4096, 1, "keeps", []],
  [0, 4097, 1, "drops", []],
  [0, 4097, 1, "drops", [], "without ="],
];

const IGNORES = "ignores the attribute";
const ATTRIBUTES = [
  ["Path", 1022, "honours", ONE],
  ["Path", 1023, "honours", ONE],
  ["Path", 1024, "honours", ONE],
  ["Path", 1025, IGNORES, []],
  ["Path", 1026, IGNORES, []],
  // No host has this name, so a browser that honours the attribute drops the cookie.
  ["Domain", 1022, "honours", []],
  ["Domain", 1023, "honours", []],
  ["Domain", 1024, "honours", []],
  ["Domain", 1025, IGNORES, []],
  ["Domain", 1026, IGNORES, []],
];

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n") + "\n";

/** Returns the two tables in Markdown. */
export const sizes = async (browser, origin) => {
  const ask = async (path, query) => {
    const response = await browser.page.goto(`${origin}${path}?${new URLSearchParams(query)}`);
    return { header: await response.text(), status: response.status() };
  };
  /** Sets the cookie by each rule that accepts it, and as a raw header. Returns the rules that accept it. */
  const set = async (recipe, byHand, look) => {
    const built = [];
    for (const size_rule of BOTH) {
      await browser.context.clearCookies();
      if ((await ask("/set", { ...recipe, size_rule, expire_at_browser_close: true })).status !== 200) continue;
      built.push(size_rule);
      await look();
    }
    await browser.context.clearCookies();
    await ask("/raw", { header: byHand });
    await look();
    return built;
  };

  const rows = [];
  for (const [name, value, path, chromium, rules, without] of SIZES) {
    const attributes = `; HttpOnly; Path=/${x(path - 1)}; SameSite=Lax; Secure`;
    const sum = name + value;
    const outcome = `${name} + ${value} bytes${without ? ` ${without}` : ""}, ${attributes.length} of attributes`;
    await check(`chromium ${chromium} ${outcome}; accepted by ${rules.join(" and ") || "no rule"}`, async () => {
      const pair = without ? x(value) : `${x(name)}=${x(value)}`;
      const recipe = { name: x(name), value: x(value), path: `/${x(path - 1)}` };
      const built = await set(recipe, pair + attributes, async () => {
        const kept = (await browser.context.cookies()).map((cookie) => [cookie.name.length, cookie.value.length]);
        assert.deepEqual(kept, chromium === "keeps" ? [[name, value]] : []);
        const sent = await browser.text(`${origin}/${x(path - 1)}`);
        assert.equal(sent, chromium === "drops" ? "" : name === 0 ? x(value) : `${x(name)}=${x(value)}`);
      });
      assert.deepEqual(built, rules);
    });
    const yes = (rule) => (rules.includes(rule) ? "accepted" : "rejected");
    const shown = without ? `${value}, ${without}` : value;
    rows.push([name, shown, sum, sum + attributes.length, chromium, ...BOTH.map(yes)]);
  }

  const attributeRows = [];
  for (const [attribute, length, chromium, rules] of ATTRIBUTES) {
    const value = attribute === "Path" ? `/${x(length - 1)}` : `${x(60)}.`.repeat(20).slice(0, length - 2) + ".x";
    await check(`chromium ${chromium}: ${attribute} of ${length} bytes`, async () => {
      const recipe = { name: "a", value: "1", [attribute.toLowerCase()]: value };
      const built = await set(recipe, `a=1; ${attribute}=${value}`, async () => {
        const kept = (await browser.context.cookies()).map((cookie) => cookie.path.length);
        const heeded = attribute === "Path" ? [length] : [];
        assert.deepEqual(kept, chromium === "honours" ? heeded : [1]);
      });
      assert.deepEqual(built, rules.length ? BOTH : []);
    });
    attributeRows.push([attribute, length, chromium, rules.length ? "accepted" : "rejected"]);
  }

  for (const size_rule of BOTH) {
    await check(`the largest signed cookie by ${size_rule} is sent back unchanged, and verifies`, async () => {
      await browser.context.clearCookies();
      const recipe = { name: "signed", signed: true, size_rule, expire_at_browser_close: true };
      const empty = (await ask("/set", { ...recipe, value: "" })).header;
      const counted = size_rule === "Rfc6265" ? empty : empty.split(";")[0];
      const room = 4096 - (counted.length - "=".length);
      assert.equal((await ask("/set", { ...recipe, value: x(room + 1) })).status, 422);
      const { header } = await ask("/set", { ...recipe, value: x(room) });
      const sent = await browser.text(origin);
      assert.equal(sent, header.split(";")[0]);
      const verified = await ask("/verify", { name: "signed", value: sent.slice("signed=".length) });
      assert.deepEqual(verified, { header: x(room), status: 200 });
    });
  }

  return {
    sizes: table(["name", "value", "sum", "with attributes", "Chromium", "`Rfc6265`", "`Rfc6265bis`"], rows),
    attributes: table(["attribute", "bytes", "Chromium", "`CookieOptions`"], attributeRows),
  };
};
