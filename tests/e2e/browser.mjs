// A headless Chromium with its own profile. It can be closed and opened again.

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
  // Chromium does not trust this name like localhost, so it rejects Secure cookies from it over plain HTTP.
  "--host-resolver-rules=MAP insecure.test 127.0.0.1",
];

// Debian's Chromium blocks third-party cookies by default, even with SameSite=None. This allows them.
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
    // Must run after playwright's own listener, which stops the Chromium that writes to the profile.
    process.off("exit", this.#forget).on("exit", this.#forget);
    this.context.setDefaultTimeout(30_000);
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
  }

  async close() {
    await this.context.close();
  }

  /** Returns the cookie with this name from the browser's jar, if there is one. */
  async cookie(name) {
    return (await this.context.cookies()).find((cookie) => cookie.name === name);
  }

  /** Saves a screenshot of the page with the artefacts. */
  async picture(name) {
    await this.page.screenshot({ path: join(process.env.ARTEFACTS, `${name}.png`) });
  }

  /** Saves screenshots of the whole page, light and dark, with the artefacts. */
  async pictures(name) {
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(process.env.ARTEFACTS, `${name}-${colorScheme}.png`), fullPage: true });
    }
  }

  /** Opens the URL and returns the text of the response. */
  async text(url) {
    return (await this.page.goto(url)).text();
  }
}
