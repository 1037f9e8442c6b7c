import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { TestProject } from "vitest/node";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import { openSource, type Source } from "../../shared/ingest/read/source.ts";
import type { JobPlan, Task } from "../../shared/job/job.ts";
import type { MadeJob, MadeOutput } from "../edge/made-job.ts";
import { fixture, generatedClip } from "./media.ts";

/** Small frames, because every test uploads them and the coordinator does not read them. */
const LADDER = [
  { shortSide: 144, kilobitsPerSecond: 120 },
  { shortSide: 90, kilobitsPerSecond: 60 },
];

/** A global setup: native ffmpeg makes the job once for all tests of the project. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("madeJob", await makeJob());
}

async function makeJob(): Promise<MadeJob> {
  const { signal } = new AbortController();
  const path = await fixture("long-gop-20s.mp4");
  const file = new File([await openAsBlob(path)], basename(path));
  const source = await openSource(file, { signal });
  try {
    const plan = source.planJob(LADDER);
    const outputs = await makeTasks(plan, source, signal);
    const lies = await makeLies(plan, path, signal);
    return { plan, outputs, lies, falseSounds: await makeFalseSounds(plan, path, signal) };
  } finally {
    source.close();
  }
}

/** Outputs for the same plan, with the same frame counts and times, but showing another video. */
async function makeLies(
  plan: JobPlan,
  path: string,
  signal: AbortSignal,
): Promise<MadeJob["lies"]> {
  const made = async (name: string, ...filter: string[]) => {
    const clip = await generatedClip(name, ["-i", path, ...filter, "-c:a", "copy"]);
    return makeOf(clip, plan, signal);
  };
  return {
    black: await made("black-20s.mp4", "-vf", "drawbox=color=black:thickness=fill"),
    // Each frame is the one of 6 s later; the last 6 s show the beginning.
    shifted: await made(
      "shifted-20s.mp4",
      ...["-filter_complex", SHIFTED, "-map", "[out]", "-map", "0:a"],
    ),
  };
}

/** Audio outputs for the same plan, of the same video with other audio. */
async function makeFalseSounds(
  plan: JobPlan,
  path: string,
  signal: AbortSignal,
): Promise<MadeJob["falseSounds"]> {
  const made = async (name: string, filter: string) => {
    const clip = await generatedClip(name, ["-i", path, "-c:v", "copy", "-af", filter]);
    return makeOf(clip, { ...plan, tasks: plan.tasks.filter(isAudio) }, signal);
  };
  return {
    silence: await made("silence-20s.mp4", "volume=0"),
    "another tone": await made(
      "another-tone-20s.mp4",
      "asetrate=60000,aresample=48000,apad,atrim=end=20",
    ),
    "50 ms late": await made("late-sound-20s.mp4", "adelay=50:all=1,atrim=end=20"),
    "half as loud": await made("quiet-20s.mp4", "volume=0.5"),
  };
}

function isAudio({ kind }: Task): boolean {
  return kind === "audio";
}

/** Runs a plan's tasks on another file. @returns the outputs by task */
async function makeOf(
  path: string,
  plan: JobPlan,
  signal: AbortSignal,
): Promise<MadeJob["outputs"]> {
  const file = new File([await openAsBlob(path)], basename(path));
  const source = await openSource(file, { signal });
  try {
    return await makeTasks(plan, source, signal);
  } finally {
    source.close();
  }
}

const SHIFTED =
  "[0:v]split[a][b];[a]trim=start=6,setpts=PTS-STARTPTS[late];" +
  "[b]trim=end=6,setpts=PTS-STARTPTS[early];[late][early]concat=n=2:v=1[out]";

async function makeTasks(
  plan: JobPlan,
  source: Source,
  signal: AbortSignal,
): Promise<MadeJob["outputs"]> {
  const outputs: MadeJob["outputs"] = {};
  for (const task of plan.tasks) {
    const grant = leaseGrant(plan, task, { id: "setup", attempt: 1 }, { from: "local" });
    const chunk = await source.cutChunk(grant, signal);
    outputs[task.id] = inBase64(await transcodeTask(grant, chunk, () => {}, { signal }));
  }
  return outputs;
}

function inBase64({ outputs }: MadeTask): MadeOutput[] {
  return outputs.map(({ bytes, ...output }) => ({
    ...output,
    base64: Buffer.from(bytes as ArrayBuffer).toString("base64"),
  }));
}
