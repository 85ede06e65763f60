// Servers on free loopback ports. They stop when this program ends.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const { ARTEFACTS, POSTGRESQL_URL } = process.env;
const BESIDE_DJANGO = join(import.meta.dirname, "../../examples/beside_django");
const PYTHON = join(BESIDE_DJANGO, "target/venv/bin/python");
const SERVICE = join(process.env.CARGO_TARGET_DIR ?? join(BESIDE_DJANGO, "target"), "debug/beside-django");

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
["SIGINT", "SIGTERM", "SIGHUP"].forEach((signal) => process.on(signal, () => process.exit(1)));

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
};

/** A server that can be restarted on the same port with another environment. */
export class Server {
  /** `command` returns the command line for a port. The output of the server is written to a log in the artefacts. */
  constructor(name, command) {
    Object.assign(this, { name, command, log: openSync(join(ARTEFACTS, `${name}.log`), "a") });
  }

  async start(env = {}) {
    await this.stop();
    this.port ??= await freePort();
    this.origin = `http://127.0.0.1:${this.port}`;
    const [program, ...args] = this.command(this.port);
    this.child = spawn(program, args, {
      env: { ...process.env, PORT: String(this.port), ...env },
      stdio: ["ignore", this.log, this.log],
    });
    running.add(this.child);
    await this.#ready();
  }

  async #ready() {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended immediately: see its log`);
      if (await this.answers()) return;
      await sleep(100);
    }
    throw new Error(`${this.name} does not answer: see its log`);
  }

  /** Returns whether the server answers requests. */
  answers() {
    return fetch(this.origin).then(() => true, () => false);
  }

  async stop() {
    if (!this.child) return;
    const ended = once(this.child, "exit");
    if (this.child.exitCode === null && this.child.kill("SIGKILL")) await ended;
    running.delete(this.child);
    this.child = undefined;
  }
}

/** A Redis whose data survives a restart. */
export class Redis extends Server {
  constructor() {
    const data = mkdtempSync(join(tmpdir(), "django-session-redis-"));
    process.on("exit", () => rmSync(data, { recursive: true, force: true }));
    const file = ["--dir", data, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    super("redis-of-lifetimes", (port) => ["redis-server", "--bind", "127.0.0.1", "--port", `${port}`, ...file]);
  }

  get url() {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Returns whether Redis answers, which includes having read its file. */
  async answers() {
    const socket = connect(this.port, "127.0.0.1");
    try {
      socket.write("PING\r\n");
      const [answer] = await once(socket, "data");
      return `${answer}`.startsWith("+PONG");
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** The service of examples/beside_django in front of the server at `address`. It answers the pages in `moved`. */
export const service = (name, address, moved) => {
  const server = new Server(name, () => [SERVICE]);
  const start = server.start.bind(server);
  server.start = (env) => start({ DJANGO: address(), MOVED: moved, ...env });
  return server;
};

/**
 * examples/beside_django with its own database. The service runs twice in front of Django: `rust` answers all pages that
 * it can, and `django` answers none, so that Django answers them.
 */
export class Shop {
  #data = mkdtempSync(join(tmpdir(), "django-session-e2e-"));

  constructor(engine) {
    const [ENGINE, database] = engine.split("/");
    this.engine = ENGINE;
    /** Whether the session is stored on the server, and the cookie is a key. */
    this.stored = ENGINE !== "signed_cookies";
    this.env = {
      ENGINE,
      // With a Redis, sessions can end early: only in lifetimes.mjs, and for the engines that need a Redis.
      REDIS_URL: ENGINE.startsWith("cache") ? process.env.REDIS_URL : undefined,
      DATABASE_URL: database ? POSTGRESQL_URL : `sqlite://${join(this.#data, "db.sqlite3")}`,
      SESSION_FILE_PATH: join(this.#data, "sessions"),
      DATA: this.#data,
      SECRET_KEY: "of no use",
      PYTHONDONTWRITEBYTECODE: "1",
    };
    process.on("exit", () => rmSync(this.#data, { recursive: true, force: true }));
    execFileSync(join(BESIDE_DJANGO, "run"), ["prepare"], { env: { ...process.env, ...this.env }, stdio: "inherit" });

    const runserver = [PYTHON, join(BESIDE_DJANGO, "site/manage.py"), "runserver", "--noreload", "--insecure"];
    this.site = new Server(`${ENGINE}-site`, (port) => [...runserver, `${port}`]);
    const address = () => `127.0.0.1:${this.site.port}`;
    this.django = service(`${ENGINE}-django`, address, "");
    this.rust = service(`${ENGINE}-rust`, address, "account cart login stock");
    Object.assign(this.django, { name: "django" });
    Object.assign(this.rust, { name: "rust" });
  }

  /** (Re)starts all servers. The first key signs, the others only verify. */
  async start([SECRET_KEY, ...fallbacks]) {
    Object.assign(this.env, { SECRET_KEY, SECRET_KEY_FALLBACKS: fallbacks.join(" ") });
    await this.startSite();
    await this.startServices();
  }

  /** (Re)starts only Django. */
  async startSite(env = {}) {
    await this.site.start({ ...this.env, ...env });
  }

  /** (Re)starts the services in front of Django. */
  async startServices(env = {}) {
    await Promise.all([this.django, this.rust].map((server) => server.start({ ...this.env, ...env })));
  }

  /** Runs Python in Django's shell. */
  shell(code) {
    const args = [join(BESIDE_DJANGO, "site/manage.py"), "shell", "--no-imports", "--command", code];
    return execFileSync(PYTHON, args, { env: { ...process.env, ...this.env }, encoding: "utf8" }).trim();
  }

  /** Returns what is stored under a session key: the text in the database, or the file. */
  row(key) {
    if (this.engine === "file") return readFileSync(join(this.env.SESSION_FILE_PATH, `sessionid${key}`), "utf8");
    const model = "from django.contrib.sessions.models import Session";
    return this.shell(`${model}; print(Session.objects.get(pk=${JSON.stringify(key)}).session_data)`);
  }

  async stop() {
    await Promise.all([this.rust, this.django, this.site].map((server) => server.stop()));
  }
}
