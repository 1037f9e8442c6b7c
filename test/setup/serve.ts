import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { localAdminToken } from "../../edge/local/local-secrets.ts";
import { root, type ServerMode, startServer } from "../../edge/local/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the app under test, for `inject("serverUrl")`, without a slash at the end. */
    serverUrl: string;
    /** Token of the app's operator. */
    adminToken: string;
  }
}

/** A global setup that serves the app on a free port with a state folder of its own. */
export function serve(mode: ServerMode): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    const statesDir = join(root, ".cache/test-state");
    await mkdir(statesDir, { recursive: true });
    const stateDir = await mkdtemp(join(statesDir, `${mode}-`));
    const server = await startServer({ mode, stateDir });
    project.provide("serverUrl", server.url);
    project.provide("adminToken", localAdminToken(stateDir));
    return async () => {
      await server.stop();
      await rm(stateDir, { recursive: true, force: true });
    };
  };
}
