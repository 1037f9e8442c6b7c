import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { loadFfmpegCore, nodeRemuxer } from "../../edge/container/node-remuxer.ts";
import { Workspace } from "../../edge/container/workspace.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { localInput, probeVideoArgs } from "../../shared/encode/ffmpeg-args.ts";
import { openSource } from "../../shared/ingest/read/source.ts";
import { planOf } from "../schedule/plan-of.ts";
import { ffmpeg, fixture } from "../setup/media.ts";

// Files that refer to other files and addresses, named like videos. Neither may be opened.

const { signal } = new AbortController();
let server: Server;
let base = "";
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("nothing");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(() => server?.close());

const PLAYLIST = (uri: string) =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${uri}\n#EXT-X-ENDLIST\n`;
const CONCAT = (uri: string) => `ffconcat version 1.0\nfile '${uri}'\n`;
const DASH = (uri: string) =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${uri}</BaseURL></Representation></AdaptationSet></Period></MPD>`;
const SDP = () =>
  "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n";
/** An empty ID3v2 tag: ffmpeg looks for the format behind it. */
const ID3 = new Uint8Array([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]);

const KINDS: [kind: string, text: (uri: string) => string][] = [
  ["a playlist", PLAYLIST],
  ["a concat list", CONCAT],
  ["a DASH manifest", DASH],
  ["a session description", SDP],
];
const PLACES: [place: string, uri: () => string][] = [
  ["a file of the machine", () => "file:///etc/passwd"],
  ["a file beside it", () => "../../etc/passwd"],
  ["an address", () => `${base}/secret.ts`],
  ["an address behind another protocol", () => `subfile,,start,0,end,0,,:${base}/secret.ts`],
];
const DISGUISES: [disguise: string, bytes: (text: string) => Buffer][] = [
  ["plain", (text) => Buffer.from(text)],
  ["with a zero byte, so that it is no text", (text) => Buffer.from(`${text}\0`)],
  ["behind an ID3 tag", (text) => Buffer.concat([ID3, Buffer.from(text)])],
];
const ALL = KINDS.flatMap(([kind, text]) =>
  PLACES.flatMap(([place, uri]) =>
    DISGUISES.map(([disguise, bytes]) => ({
      name: `${kind} that names ${place}, ${disguise}`,
      bytes: () => bytes(text(uri())),
    })),
  ),
);

describe("native ffmpeg", () => {
  test("would go where such a file sends it, if it were let", async () => {
    await Workspace.use(async (workspace) => {
      await workspace.write("chunk.mp4", Buffer.from(PLAYLIST(`${base}/control.ts`)));
      const free = ["-nostdin", "-protocol_whitelist", "file,http,tcp", "-i", "chunk.mp4"];
      await workspace.run("ffmpeg", [...free, "-f", "null", "-"], { signal });
    });
    expect(asked.splice(0)).toContain("/control.ts");
  });

  test("goes nowhere with the arguments that chunks are read by", async () => {
    await Workspace.use(async (workspace) => {
      for (const { name, bytes } of ALL) {
        await workspace.write("chunk.mp4", bytes());
        const argv = ["-nostdin", ...localInput("mov", "chunk.mp4"), "-f", "null", "-"];
        const run = await workspace.run("ffmpeg", argv, { signal });
        const probe = await workspace.run("ffprobe", probeVideoArgs("chunk.mp4"), { signal });
        expect(run.exitCode, name).not.toBe(0);
        expect(run.lines.join("\n"), name).not.toMatch(/root:|Opening/);
        expect(probe.stdout, name).not.toContain("pix_fmt");
      }
    });
    expect(asked).toEqual([]);
  });

  test("reads a real chunk by them, and a video of another kind not at all", async () => {
    await Workspace.use(async (workspace) => {
      const [mp4, flv] = [await fixture("plain-8s.mp4"), await fixture("flv-8s.flv")];
      const decode = (path: string) =>
        workspace.run("ffmpeg", ["-nostdin", ...localInput("mov", path), "-f", "null", "-"], {
          signal,
        });
      expect((await decode(mp4)).exitCode).toBe(0);
      expect((await decode(flv)).exitCode).not.toBe(0);
    });
  });

  test("is not even begun for a chunk that is no MP4", async () => {
    const plan = planOf(1);
    const [task] = plan.tasks.filter(({ kind }) => kind === "video");
    if (task === undefined) throw new Error("no task");
    const grant = leaseGrant(plan, task, { id: "test", attempt: 1 }, { from: "local" });
    const place = { taskId: task.id, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
    for (const { bytes } of ALL) {
      const chunk = { info: { ...place, sizeBytes: 1 }, bytes: new Uint8Array(bytes()).buffer };
      const running = transcodeTask(grant, chunk, () => {}, { signal });
      await expect(running).rejects.toMatchObject({ code: "CHUNK_UNREADABLE" });
    }
  });
});

describe("a whole source", () => {
  test("that names others is refused, and goes nowhere", async () => {
    const core = await loadFfmpegCore();
    await Workspace.use(async (workspace) => {
      // Each kind in each disguise is opened once. Each time this starts a thread and an ffmpeg.wasm core.
      for (const [kind, text] of KINDS) {
        for (const [disguise, bytes] of DISGUISES) {
          const path = workspace.path("source");
          await writeFile(path, bytes(text(`${base}/whole.ts`)));
          const file = await openAsBlob(path);
          const remux = nodeRemuxer(path, workspace.dir);
          const looking = remux(file, core, { copy: "everything" }, { signal });
          await expect(looking, `${kind}, ${disguise}`).rejects.toMatchObject({
            code: "SOURCE_UNREADABLE",
          });
          const opening = openSource(new File([file], "holiday.mp4"), {
            signal,
            loadFfmpeg: async () => core,
            remux,
          });
          await expect(opening, `${kind}, ${disguise}`).rejects.toMatchObject({
            code: expect.stringMatching(/^SOURCE_/),
          });
        }
      }
    });
    expect(asked).toEqual([]);
  });
});

describe("a bomb", () => {
  test("fills no disk with many minutes of sound where seconds were planned", async () => {
    const source = await openSource(
      new File([await openAsBlob(await fixture("plain-8s.mp4"))], "plain.mp4"),
      { signal },
    );
    const plan = source.planJob();
    source.close();
    const [task] = plan.tasks.filter(({ kind }) => kind === "audio");
    if (task === undefined) throw new Error("no audio task");
    const grant = leaseGrant(plan, task, { id: "test", attempt: 1 }, { from: "local" });
    await Workspace.use(async (workspace) => {
      const path = workspace.path("bomb.mp4");
      const silence = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "1200"];
      await ffmpeg([...silence, "-c:a", "aac", "-b:a", "8k", path]);
      const bytes = await workspace.read("bomb.mp4");
      const info = { taskId: task.id, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 720_000 };
      const chunk = { info: { ...info, sizeBytes: bytes.length }, bytes: bytes.buffer };
      const limits = { fileBytes: 8 * 1024 ** 2 };
      const running = transcodeTask(grant, chunk, () => {}, { signal, limits });
      await expect(running).rejects.toMatchObject({ code: "ENCODE_FAILED" });
    });
  });
});
