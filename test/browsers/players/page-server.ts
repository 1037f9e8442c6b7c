import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { freePort, root } from "../../../edge/local/server.ts";

/** Players of other projects. They take 250 MB, so they are not among the project's own packages. */
const PACKAGES = ["shaka-player@5.2.12", "video.js@8.24.1", "dashjs@5.2.1"];
const PACKAGES_DIR = join(root, ".cache/players");

/** Scripts of the players, below `node_modules`. */
const SCRIPTS = {
  "hls.js": join(root, "node_modules/hls.js/dist/hls.js"),
  shaka: join(PACKAGES_DIR, "node_modules/shaka-player/dist/shaka-player.compiled.js"),
  VHS: join(PACKAGES_DIR, "node_modules/video.js/dist/video.js"),
  "dash.js": join(PACKAGES_DIR, "node_modules/dashjs/dist/modern/umd/dash.all.min.js"),
};
export type PagePlayer = keyof typeof SCRIPTS;
export const PAGE_PLAYERS = Object.keys(SCRIPTS) as PagePlayer[];

/** Version of a player, e.g. "5.2.12". */
export async function playerVersion(player: PagePlayer): Promise<string> {
  const path = SCRIPTS[player].replace(/(node_modules\/[^/]+)\/.*/, "$1/package.json");
  return (JSON.parse(await readFile(path, "utf8")) as { version: string }).version;
}

/** Serves a page with one player and a video element, as any other site would. */
export interface PageServer extends AsyncDisposable {
  addressOf(player: PagePlayer): string;
}

/** Installs the players where they are missing. */
export async function servePlayers(): Promise<PageServer> {
  if (!PAGE_PLAYERS.every((player) => existsSync(SCRIPTS[player]))) {
    const { status } = spawnSync(
      "npm",
      ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", PACKAGES_DIR].concat(
        PACKAGES,
      ),
      { stdio: "inherit" },
    );
    if (status !== 0) throw new Error("The players could not be installed.");
  }
  const server = createServer(async ({ url = "" }, response) => {
    const player = decodeURIComponent(url.slice(1)).replace(/\.script$/, "") as PagePlayer;
    const path = SCRIPTS[player];
    if (path === undefined) {
      response.writeHead(404).end();
    } else if (url.endsWith(".script")) {
      response.setHeader("content-type", "text/javascript").end(await readFile(path));
    } else {
      const script = `/${encodeURIComponent(player)}.script`;
      const video = `<video muted playsinline width="640" height="360"></video>`;
      response
        .setHeader("content-type", "text/html")
        .end(`<!doctype html><title>${player}</title>${video}<script src="${script}"></script>`);
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    addressOf: (player) => `http://127.0.0.1:${port}/${encodeURIComponent(player)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
