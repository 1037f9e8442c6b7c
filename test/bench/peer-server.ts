import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { freePort, root } from "../../edge/local/server.ts";

const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface PeerServer {
  url: string;
  stop(): void;
}

/**
 * Serves packages and one blank page, cross-origin isolated: core-mt needs SharedArrayBuffer.
 * @param clipPath served as `/clip`
 */
export async function servePeers(clipPath: string): Promise<PeerServer> {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    response.setHeader("cross-origin-resource-policy", "same-origin");
    if (path === "/blank") {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>peer</title>");
      return;
    }
    const file = path === "/clip" ? clipPath : join(root, path);
    const isServed = path === "/clip" || path.startsWith("/node_modules/");
    const found = isServed ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    response.setHeader("content-length", found.size);
    createReadStream(file).pipe(response);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "localhost", resolve));
  return {
    url: `http://localhost:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
