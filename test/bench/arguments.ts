import { parseArgs } from "node:util";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { BENCH_CLIPS, isClip, LONGEST_CLIP } from "./clips.ts";

export const USAGE = `npm run bench [-- options]

  --quick         one round on one short clip: under 3 minutes
  --tabs          one tab against two, one encoder each, with ffmpeg; default: the longest clip
  --hashes        how fast the hashes of uploads are; nothing else
  --time-left     no race: how right the time left is that the page shows, also with a helper
  --judge         no race: what the picture check says of honest results and of manipulations
  --rounds N      rounds in turn; default 3
  --clips LIST    of ${BENCH_CLIPS.join(", ")}; default: all that are there
  --only LIST     parts of contestants' names, e.g. native,webcodecs
  --json FILE     where the results go; default .cache/bench/results.json
  --against FILE  an earlier run's results: what has changed since
  --no-quality    times only
  --help          this text

Contestants run in turn on one machine: absolute seconds mean nothing alone.
TRIBUTARY_URL names a running server to use instead of one of its own.`;

export interface BenchArguments {
  /** Number of runs of each contestant on each clip. */
  rounds: number;
  clips: string[];
  /**  null;|Parts of contestants' names; null: all contestants. */
  only: string[] | null;
  /** Compare one tab with two instead of Tributary with its peers. */
  tabs: boolean;
  /** Measure only the hashes of uploads. */
  hashes: boolean;
  /** Measure only the time left that the page shows. `clips` null: all clips. */
  timeLeft: { clips: string[] | null } | null;
  /** Make only the table of the picture check. `clips` null: all clips. */
  judge: { clips: string[] | null; quick: boolean } | null;
  jsonPath: string | null;
  /** File of earlier results to compare with. */
  againstPath: string | null;
  /** Whether PSNR and SSIM are measured. */
  quality: boolean;
}

/** @throws TributaryError REQUEST_INVALID */
export function parseArguments(argv: readonly string[]): BenchArguments | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  const quick = values.quick === true;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new TributaryError("REQUEST_INVALID", "--rounds is a whole number from 1 to 100.");
  }
  const tabs = values.tabs === true;
  const asked = list(values.clips);
  const unknown = asked?.find((name) => !isClip(name));
  if (unknown !== undefined) {
    throw new TributaryError("REQUEST_INVALID", `There is no clip of the name ${unknown}.`);
  }
  const usual = quick ? BENCH_CLIPS.slice(0, 1) : tabs ? [LONGEST_CLIP] : [...BENCH_CLIPS];
  return {
    rounds,
    clips: asked ?? usual,
    only: list(values.only),
    tabs,
    hashes: values.hashes === true,
    timeLeft: values["time-left"] === true ? { clips: asked } : null,
    judge: values.judge === true ? { clips: asked, quick } : null,
    jsonPath: values.json ?? null,
    againstPath: values.against ?? null,
    quality: values["no-quality"] !== true,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: "boolean" },
        tabs: { type: "boolean" },
        hashes: { type: "boolean" },
        "time-left": { type: "boolean" },
        judge: { type: "boolean" },
        rounds: { type: "string" },
        clips: { type: "string" },
        only: { type: "string" },
        json: { type: "string" },
        against: { type: "string" },
        "no-quality": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (thrown) {
    throw new TributaryError("REQUEST_INVALID", toWireError(thrown).message);
  }
}

function list(text: string | undefined): string[] | null {
  return text === undefined ? null : text.split(",").filter((part) => part !== "");
}
