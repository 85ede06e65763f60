// One visitor of the shop in one browser: opens pages, submits forms, and reads what pages show.

const COOKIE = "sessionid";

export const ADA = { username: "ada", password: "lovelace" };
export const GRACE = { username: "grace", password: "hopper" };

export class Visitor {
  constructor(browser, shop) {
    Object.assign(this, { browser, shop, servers: [shop.django, shop.rust] });
  }

  get page() {
    return this.browser.page;
  }

  /** Returns what the page shows. */
  read() {
    return this.page.evaluate(() => {
      const text = (selector) => document.querySelector(selector)?.textContent;
      const cart = [...document.querySelectorAll("#cart tbody tr")].map((row) => [
        row.dataset.product,
        Number(row.cells[1].textContent),
      ]);
      return {
        server: text("#server")?.toLowerCase(),
        user: text("#user"),
        visits: Number(text("#visits")),
        cart,
        total: text("#total"),
        note: document.querySelector("#note textarea")?.value,
        messages: [...document.querySelectorAll(".messages li")].map((message) => [message.className, message.textContent]),
        reason: text(".reason"),
        expiry: Number(document.querySelector("#expiry")?.dataset.seconds),
        closes: document.querySelector("#closes") !== null,
      };
    });
  }

  /** Opens a page. `server` is any object with an `origin`. */
  async visit(server, path = "/cart/") {
    await this.page.goto(server.origin + path);
    return this.read();
  }

  /** Presses the button of a form on this page, and reads the next page. */
  async press(form) {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(`${form} button`)]);
    return this.read();
  }

  async logIn(server, { username, password, remember = true }, next = "/cart/") {
    await this.visit(server, `/accounts/login/?next=${encodeURIComponent(next)}`);
    await this.page.fill("#login [name=username]", username);
    await this.page.fill("#login [name=password]", password);
    await this.page.setChecked("#login [name=remember]", remember);
    return this.press("#login");
  }

  async logOut(server) {
    await this.visit(server);
    return this.press("#logout");
  }

  /** Adds a product from a page that Django renders. Either server may answer the form. */
  async add(server, product) {
    await this.visit(server, "/");
    return this.press(`form[data-product=${product}]`);
  }

  async note(server, text) {
    await this.visit(server);
    await this.page.fill("#note textarea", text);
    return this.press("#note");
  }

  /** Saves notes without opening the page after the redirect, so that their messages stay stored. */
  async noteQuietly(server, ...notes) {
    await this.visit(server);
    await this.page.evaluate(async (notes) => {
      const { value } = document.querySelector("[name=csrfmiddlewaretoken]");
      for (const note of notes) {
        const body = new URLSearchParams({ note, csrfmiddlewaretoken: value });
        await fetch("/cart/note", { method: "POST", body, redirect: "manual" });
      }
    }, notes);
  }

  async empty(server) {
    await this.visit(server);
    return this.press("#empty");
  }

  /** Sets the age of the session in seconds, which may be one that the page does not offer. */
  async remember(server, seconds) {
    await this.visit(server, "/account/");
    await this.page.evaluate((seconds) => {
      const select = document.querySelector("#remember select");
      select.add(new Option(seconds, seconds));
      select.value = seconds;
    }, seconds);
    return this.press("#remember");
  }

  /** Changes the password on Django's page. */
  async changePassword(server, from, to) {
    await this.visit(server, "/accounts/password/");
    await this.page.fill("[name=old_password]", from);
    await this.page.fill("[name=new_password1]", to);
    await this.page.fill("[name=new_password2]", to);
    return this.press("#password");
  }

  async token() {
    return (await this.browser.cookie(COOKIE))?.value;
  }

  async secondsLeft() {
    return (await this.browser.cookie(COOKIE)).expires - Date.now() / 1000;
  }

  async reopen() {
    await this.browser.close();
    await this.browser.open();
  }

  /** Returns the user whom a copied cookie logs in, without a browser. */
  async whoHas(server, token) {
    const response = await fetch(`${server.origin}/cart/`, { headers: { cookie: `${COOKIE}=${token}` } });
    return /id="user">([^<]*)</.exec(await response.text())?.[1];
  }
}
