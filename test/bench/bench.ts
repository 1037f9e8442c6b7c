// npm run bench: peers and Tributary in turn on the same machine, clips and ladders.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, cpus, loadavg, platform, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "../../edge/local/command.ts";
import { root, startServer } from "../../edge/local/server.ts";
import { toWireError } from "../../shared/job/errors.ts";
import { installSystemPrograms } from "../../web/headless/system-programs.ts";
import { type BenchArguments, parseArguments, USAGE } from "./arguments.ts";
import { type Clip, ladderText, openClips } from "./clips.ts";
import type { Contestant } from "./contestant.ts";
import { ffmpegWasm } from "./ffmpeg-wasm-peer.ts";
import { describeHashes } from "./hashes.ts";
import { judgeTable } from "./judge.ts";
import { mediabunnyConversion } from "./mediabunny-peer.ts";
import { nativeFfmpeg } from "./native-ffmpeg.ts";
import { watchTree } from "./process-tree.ts";
import { measureQuality } from "./quality.ts";
import { describeChange, describeResults, type Entry, ratios } from "./results.ts";
import { describeTimeLeft } from "./time-left.ts";
import { LOOKED_AT, ONE_TAB, TWO_TABS, tributary } from "./tributary.ts";

const CONTESTANTS: readonly Contestant[] = [
  nativeFfmpeg,
  tributary("webcodecs"),
  tributary("webcodecs", LOOKED_AT),
  mediabunnyConversion,
  tributary("ffmpeg"),
  ffmpegWasm("core-mt"),
  ffmpegWasm("core"),
];

/** With --tabs: one tab against two. */
const TABS: readonly Contestant[] = [tributary("ffmpeg", ONE_TAB), tributary("ffmpeg", TWO_TABS)];

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  run: async (given, interrupted) => {
    if (given.hashes) {
      console.log(await describeHashes());
      return 0;
    }
    installSystemPrograms();
    if (given.judge !== null) {
      await judgeTable({ ...given.judge, jsonPath: given.jsonPath }, interrupted);
      return 0;
    }
    const scratch = await mkdtemp(join(tmpdir(), "tributary-bench-"));
    const server =
      process.env["TRIBUTARY_URL"] === undefined
        ? await startServer({ mode: "preview", stateDir: join(scratch, "state") })
        : null;
    if (server !== null) process.env["TRIBUTARY_URL"] = server.url;
    try {
      if (given.timeLeft !== null) {
        const jsonPath = given.jsonPath ?? join(root, ".cache/bench/time-left.json");
        const url = process.env["TRIBUTARY_URL"] ?? "";
        console.log(await describeTimeLeft(url, given.timeLeft.clips, jsonPath, interrupted));
        return 0;
      }
      const entries = await compete(given, scratch, interrupted);
      await report(given, entries);
      return entries.some(({ failure }) => failure !== null) ? 1 : 0;
    } finally {
      await server?.stop();
      await rm(scratch, { recursive: true, force: true });
    }
  },
});

/** In each round every contestant runs once, so a machine that gets slower or faster affects all alike. */
async function compete(
  { clips: names, rounds, only, tabs, quality }: BenchArguments,
  scratch: string,
  signal: AbortSignal,
): Promise<Entry[]> {
  const clips = await openClips(names);
  const contestants = (tabs ? TABS : CONTESTANTS).filter(
    ({ name }) => only === null || only.some((part) => name.includes(part)),
  );
  const entries: Entry[] = [];
  for (const clip of clips) {
    const own = contestants.map((contestant) => ({
      contestant,
      entry: emptyEntry(clip, contestant),
    }));
    entries.push(...own.map(({ entry }) => entry));
    for (let round = 1; round <= rounds; round += 1) {
      for (const { contestant, entry } of own) {
        signal.throwIfAborted();
        await runOnce({ clip, contestant, entry, round, scratch, quality, signal });
      }
    }
  }
  return entries;
}

interface Turn {
  clip: Clip;
  contestant: Contestant;
  entry: Entry;
  round: number;
  scratch: string;
  quality: boolean;
  signal: AbortSignal;
}

async function runOnce(turn: Turn): Promise<void> {
  const { clip, contestant, entry, round, scratch, quality, signal } = turn;
  const outDir = join(scratch, "out");
  await mkdir(outDir, { recursive: true });
  const tree = watchTree();
  try {
    const { renditions, ...run } = await contestant.run(clip, outDir, signal);
    entry.runs.push({ ...run, use: tree.stop() });
    const { wallMs } = run;
    const seconds = (wallMs / 1000).toFixed(1);
    console.error(`${clip.name}, round ${round}, ${contestant.name}: ${seconds} s`);
    if (quality && entry.quality.length === 0) {
      for (const made of renditions) entry.quality.push(await measureQuality(clip, made));
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = toWireError(thrown);
    entry.failure = message.split("\n", 1)[0] ?? message;
    console.error(`${clip.name}, round ${round}, ${contestant.name}: ${message}`);
  } finally {
    tree.stop();
    await rm(outDir, { recursive: true, force: true });
  }
}

function emptyEntry(clip: Clip, { name }: Contestant): Entry {
  const { durationSeconds } = clip;
  return {
    clip: clip.name,
    contestant: name,
    durationSeconds,
    runs: [],
    quality: [],
    failure: null,
  };
}

async function report(
  { jsonPath, againstPath, clips, rounds }: BenchArguments,
  entries: readonly Entry[],
): Promise<void> {
  const machine = {
    date: new Date().toISOString(),
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    /** Load average of the past minute, which shows other work on the machine. */
    load: loadavg()[0],
  };
  const ladders = (await openClips(clips)).map(({ name, ladder }) => [name, ladderText(ladder)]);
  const path = jsonPath ?? join(root, ".cache/bench/results.json");
  await mkdir(dirname(path), { recursive: true });
  const results = {
    machine,
    rounds,
    ladders: Object.fromEntries(ladders),
    ratios: ratios(entries),
    entries,
  };
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  console.log(
    `${machine.date.slice(0, 10)}, ${machine.cores} cores (${machine.processor}), ${machine.platform}, ` +
      `${rounds} rounds in turn\n\n${describeResults(entries)}`,
  );
  if (againstPath !== null) {
    const before = JSON.parse(await readFile(againstPath, "utf8")) as { entries: Entry[] };
    console.log(describeChange(before.entries, entries));
  }
  console.error(`Written to ${path}`);
}
