import type { IncomingMessage, ServerResponse } from "node:http";
import { createGzip } from "node:zlib";
import type { Plugin } from "vite";

/**
 * The local emulator unzips the Worker's gzipped answers and names the removed encoding in a header of its own.
 * This plugin zips them again, so that players get the same from a local server as from a deployed one.
 */
export function restoreEncoding(): Plugin {
  return {
    name: "tributary:restore-encoding",
    enforce: "pre",
    configureServer: (server) => {
      server.middlewares.use(zipAgain);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(zipAgain);
    },
  };
}

type Headers = Record<string, string | string[]>;

function zipAgain(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const writeHead = response.writeHead.bind(response);
  // The emulator's answers come with all their headers in this one call.
  const patched = (status: number, headers?: Headers): ServerResponse => {
    if (headers?.["mf-content-encoding"] !== "gzip") return writeHead(status, headers);
    const { "mf-content-encoding": _, "content-length": __, ...others } = headers;
    // The emulator asks the Worker for gzip whatever the client accepts; so does Cloudflare.
    const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(acceptEncoding(request));
    if (!takesGzip) return writeHead(status, others);
    writeHead(status, { ...others, "content-encoding": "gzip" });
    if (request.method !== "HEAD") zipBody(response);
    return response;
  };
  response.writeHead = patched as ServerResponse["writeHead"];
  next();
}

function acceptEncoding({ headers }: IncomingMessage): string {
  return String(headers["accept-encoding"] ?? "").toLowerCase();
}

function zipBody(response: ServerResponse): void {
  const zip = createGzip();
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  zip.on("data", (chunk: Buffer) => write(chunk));
  zip.on("end", () => end());
  response.on("close", () => zip.destroy());
  response.write = ((chunk: Buffer) => {
    zip.write(chunk);
    return true;
  }) as ServerResponse["write"];
  response.end = (() => {
    zip.end();
    return response;
  }) as ServerResponse["end"];
}
