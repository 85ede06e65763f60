// The server of an attacker, also on a host below the shop's domain; and a proxy in front of the shop that terminates
// TLS and can drop headers.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

const listen = async (server) => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
};

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** A server whose page has the form that the query string describes: its action, a cookie to set, and its fields. */
export class Attacker {
  async start() {
    this.server = http.createServer((request, response) => {
      const { action, cookie, ...fields } = Object.fromEntries(new URL(request.url, "http://evil.test").searchParams);
      if (cookie) response.setHeader("Set-Cookie", cookie);
      const input = ([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`;
      const inputs = Object.entries(fields).map(input).join("");
      response.setHeader("Content-Type", "text/html");
      response.end(`<form id="prize" method="post" action="${action}">${inputs}<button>Win a prize</button></form>`);
    });
    this.port = await listen(this.server);
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Creates a self-signed certificate. */
const certificate = () => {
  const folder = mkdtempSync(join(tmpdir(), "django-session-tls-"));
  const [key, cert] = ["key", "cert"].map((name) => join(folder, name));
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=shop"];
  execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
};

/** Terminates TLS in front of servers, which it chooses by host name. Drops the request headers in `drops`. */
export class TlsProxy {
  drops = [];

  constructor(servers) {
    this.servers = servers;
  }

  async start() {
    this.server = https.createServer(certificate(), (request, response) => {
      const { port } = this.servers[request.headers.host.split(":")[0]];
      const kept = ([name]) => !this.drops.includes(name);
      const headers = Object.fromEntries(Object.entries(request.headers).filter(kept));
      const { method, url: path } = request;
      const onward = http.request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      });
      request.pipe(onward);
    });
    this.port = await listen(this.server);
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
