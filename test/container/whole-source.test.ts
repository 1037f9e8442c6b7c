import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWholeSource } from "../../edge/container/whole-source.ts";
import { Workspace } from "../../edge/container/workspace.ts";
import { type PreparedRequest, preparedRequestSchema } from "../../shared/wire/api.ts";
import { wholeSourceRequestSchema } from "../../shared/wire/container.ts";
import { fixture } from "../setup/media.ts";

// A server reads and plans a whole video that lies in storage.

const said: PreparedRequest[] = [];
const files = new Map<string, Uint8Array>();
const storage = createServer((request, response) => {
  if (request.method === "POST") {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      said.push(preparedRequestSchema.parse(JSON.parse(body)));
      response.end();
    });
    return;
  }
  response.end(files.get(request.url ?? ""));
});
let url = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  const address = storage.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  url = `http://127.0.0.1:${address.port}`;
});
afterAll(() => storage.close());

/** The plan that the server sends to the edge. */
async function planned(name: Parameters<typeof fixture>[0], more: object) {
  const bytes = await readFile(await fixture(name));
  files.set(`/${name}`, bytes);
  said.length = 0;
  const request = wholeSourceRequestSchema.parse({
    ...{ url: `${url}/${name}`, name, sizeBytes: bytes.length, ladder: null },
    ...{ needsPlan: true, preparedUrl: `${url}/prepared`, ...more },
  });
  return Workspace.use(async (workspace) => {
    const { signal } = new AbortController();
    const options = { token: "token", slots: 1, workspace };
    const { source, plan } = await openWholeSource(request, options, signal);
    source.close();
    const sent = said.flatMap((each) => ("plan" in each ? [each.plan] : []));
    return { plan, sent };
  });
}

test("plans with the audio that was asked for, and as by default where nothing was", async () => {
  const chosen = await planned("plain-8s.mp4", { audio: { kilobitsPerSecond: 192 } });
  expect(chosen.sent).toHaveLength(1);
  expect(chosen.sent[0]?.audio).toMatchObject([{ channels: 2, bitsPerSecond: 192_000 }]);
  expect(chosen.plan.audio).toEqual(chosen.sent[0]?.audio);
  expect(chosen.sent[0]?.source.notices).toMatchObject([{ code: "AUDIO_KEPT" }]);
  const [track] = chosen.plan.source.audio;
  expect(track?.bitsPerSecond).toBeGreaterThan(60_000);
  expect(track?.bitsPerSecond).toBeLessThan(110_000);
  const { sent } = await planned("plain-8s.mp4", {});
  expect(sent[0]?.audio).toMatchObject([{ channels: 2, bitsPerSecond: 128_000 }]);
});

test("plans and cuts the part that was asked for, and refuses one that is not there", async () => {
  const trim = { startSeconds: 3.21, endSeconds: 17 };
  const { plan, sent } = await planned("long-gop-20s.mp4", { trim });
  // At 25 frames per second, the first frame of the part is at 3.24 s.
  const made = { startTicks: 291_600, endTicks: 1_530_000, sourceDurationTicks: 1_800_000 };
  expect(plan.source).toMatchObject({ trim: made, durationTicks: 1_238_400 });
  expect(plan.source.video.frames).toBe(344);
  expect(sent).toEqual([plan]);
  const beyond = planned("long-gop-20s.mp4", { trim: { startSeconds: 30 } });
  await expect(beyond).rejects.toThrow(/after the end/);
  expect(said.at(-1)).toMatchObject({ error: { code: "TRIM_BEYOND_END", retryable: false } });
});
