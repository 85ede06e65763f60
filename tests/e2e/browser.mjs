// A headless Chromium with a profile of its own, which can be closed and opened again.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A name that is not loopback's own, and so not trusted with Secure cookies over plain HTTP.
  "--host-resolver-rules=MAP insecure.test 127.0.0.1",
];

// Debian's Chromium blocks the cookies of third parties, SameSite=None or not; elsewhere that is the user's choice.
const PREFERENCES = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };

export class Browser {
  #profile = mkdtempSync(join(tmpdir(), "django-session-browser-"));
  #forget = () => rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });

  constructor() {
    mkdirSync(join(this.#profile, "Default"));
    writeFileSync(join(this.#profile, "Default", "Preferences"), JSON.stringify(PREFERENCES));
  }

  async open() {
    this.context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: process.env.CHROMIUM,
      args: ARGS,
      ignoreHTTPSErrors: true,
    });
    // After playwright's own listener, which ends the Chromium that writes there.
    process.off("exit", this.#forget).on("exit", this.#forget);
    this.context.setDefaultTimeout(30_000);
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
  }

  async close() {
    await this.context.close();
  }

  /** The cookie of this name in the browser's jar, if it is there. */
  async cookie(name) {
    return (await this.context.cookies()).find((cookie) => cookie.name === name);
  }

  /** A picture of the page, among the artefacts. */
  async picture(name) {
    await this.page.screenshot({ path: join(process.env.ARTEFACTS, `${name}.png`) });
  }

  /** Pictures of the whole page, light and dark, among the artefacts. */
  async pictures(name) {
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(process.env.ARTEFACTS, `${name}-${colorScheme}.png`), fullPage: true });
    }
  }

  /** Goes there, and gives back the text that came. */
  async text(url) {
    return (await this.page.goto(url)).text();
  }
}
