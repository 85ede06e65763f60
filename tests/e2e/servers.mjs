// Servers on free loopback ports, which end when this program does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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

/** A server that can be started again, on the same port, with another environment. */
export class Server {
  /** `command` makes the command line of a port; what the server prints goes into a log among the artefacts. */
  constructor(name, artefacts, command) {
    Object.assign(this, { name, command, log: openSync(join(artefacts, `${name}.log`), "w") });
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
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended at once: see its log`);
      if (await fetch(this.origin).then(() => true, () => false)) return;
      await sleep(100);
    }
    throw new Error(`${this.name} does not answer: see its log`);
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
    running.delete(this.child);
  }
}
