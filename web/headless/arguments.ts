import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TributaryError } from "../../shared/job/errors.ts";
import type { TrimRequest } from "../../shared/job/trim.ts";
import { AUDIO_KILOBITS } from "../../shared/plan/audio-choice.ts";
import { parseLadder } from "../../shared/plan/plan.ts";
import { parseTimeText } from "../../shared/time-text.ts";
import { type CaptionFormat, captionLanguageSchema } from "../../shared/wire/captions.ts";
import { MOST_TITLE_CHARACTERS } from "../../shared/wire/details.ts";
import { DEFAULT_VISIBILITY, VISIBILITIES, type Visibility } from "../../shared/wire/visibility.ts";
import { captionFormatOf } from "../captions/read-caption-file.ts";
import { isVideoFile, TS_SYNC_BYTE } from "../pages/upload/source-file.ts";
import { invalid, parseOptions, wholeNumber } from "./options.ts";

export const USAGE = `npm run transcode -- FILE [options]
npm run transcode -- FILES AND FOLDERS [options]

  --out DIR           copy playlists and segments there; DIR/master.m3u8 plays from disk. Of several files
                      each has its own folder in DIR, by its name
  --ladder LIST       short side and kbit/s of each rung, e.g. 480:1400,360:800
  --audio-kbps N      rate of stereo audio, 64 to 320; default 128; 192 for music. Mono gets half of it
  --from TIME         the first moment that is made, in seconds or as m:ss.mmm; default: the video's first
  --to TIME           the moment at which it ends; default: the video's end. Both are cut at frames: from the
                      first one at or after --from to the last one before --to. --captions are shifted alike
  --keep-original     uploads the file itself, too, once the video is ready: for its owner alone
  --loudness          measures the audio and makes it as loud as web players expect: -16 LUFS, peaks held at
                      -1.5 dBTP
  --surround          keeps 5.1 sound of the source beside the stereo
  --engine NAME       auto (default), ffmpeg, webcodecs or server
  --cores N           cores that the page sees, to try what a weak device does
  --slots N           encoders of the tab; default: one a core
  --contributors N    further tabs that help; default 0
  --pool LINK         a pool's link for owners: its machines help
  --title TEXT        what others see it under; default: the file's name without its ending
  --visibility NAME   who can find it: unlisted (default; who has the link), listed or private
  --verify POLICY     which of their parts are made twice: adaptive (default), all or off
  --unverified WHAT   of parts that nobody trusted is there to check: wait (default) for the owner or
                      a server, or publish; only with --verify adaptive
  --captions LANG=FILE  captions in a language, from .srt, .vtt or .ass; as often as there are files
  --poster FILE       a picture to stand for the video; default: one of its own frames.
                      While a file with sound alone plays, it is what is shown
  --look SECONDS      time between what was found in the file and Start, as a person takes it; default 0
  --json              one line of JSON on stdout, nothing else; progress is on stderr. For several files
                      one report with a list: { ok, error, files }
  --help              this text

Several files are made one after the other, folders with all videos in them; one that fails does not stop
the others. Exit status: 0 the video is ready; 1 it failed, or one of several did; 2 wrong arguments; 130 interrupted.
TRIBUTARY_URL names a running server to use instead of one of its own.`;

const POLICIES = ["off", "adaptive", "all"] as const;
const UNVERIFIED = ["wait", "publish"] as const;
const ENGINES = ["auto", "ffmpeg", "webcodecs", "server"] as const;

/** Arguments for several files; the report is a list. */
export interface BatchArguments extends TranscodeArguments {
  /** Absolute paths, in the order in which they are made; the first is `file`. */
  files: string[];
}

export interface TranscodeArguments {
  /** Absolute path of a file that exists. */
  file: string;
  /** Absolute path; null: nothing is copied. */
  outDir: string | null;
  engine: (typeof ENGINES)[number];
  contributors: number;
  /** A pool's link for owners. Default: none. */
  pool?: string | null;
  /** Default: the file's name without its ending. */
  title?: string | null;
  /** Default: DEFAULT_VISIBILITY. */
  visibility?: Visibility;
  /** Which of contributors' results are made twice. Default: adaptive. */
  verify?: (typeof POLICIES)[number];
  /** Default: wait. */
  unverified?: (typeof UNVERIFIED)[number];
  /** As given, such as `480:1400,360:800`; null: the page's default ladder. */
  ladder: string | null;
  /** Default: the page's own choice. */
  audioKbps?: number | null;
  /** Default: the file itself is not uploaded. */
  keepOriginal?: boolean;
  /** Default: the audio stays as loud as it is. */
  loudness?: boolean;
  /** Whether a 5.1 rendition is made, too. Default: stereo only. */
  surround?: boolean;
  /** Default: the whole file. */
  trim?: TrimRequest | null;
  slots: number | null;
  cores?: number | null;
  /** Seconds between the file's facts and the click on Start, as a person would take. Default: 0. */
  lookSeconds?: number | null;
  /** Absolute path of a picture that exists; default: one of the video's own frames. */
  poster?: string | null;
  /** Default: none. */
  captions?: CaptionsArgument[];
  json: boolean;
}

/** A caption file and its language. */
export interface CaptionsArgument {
  language: string;
  /** Absolute path of a file that exists. */
  file: string;
  format: CaptionFormat;
}

/**
 * Parses the command line.
 * @returns "help" where `--help` was given
 * @throws TributaryError REQUEST_INVALID, LADDER_INVALID, TRIM_EMPTY
 */
export function parseArguments(
  argv: readonly string[],
): TranscodeArguments | BatchArguments | "help" {
  const { values, positionals } = parseOptions(argv, OPTIONS);
  if (values.help === true) return "help";
  const { files, isBatch } = filesOf(positionals);
  const [file] = files;
  if (file === undefined) throw invalid("Name a file.");
  if (isBatch && FOR_ONE_FILE.some((name) => values[name] !== undefined)) {
    throw invalid(`${FOR_ONE_FILE.map((name) => `--${name}`).join(", ")} are for one file.`);
  }
  // Refuses invalid syntax at once; the page checks later whether the ladder fits the source.
  if (values.ladder !== undefined) parseLadder(values.ladder);
  const engine = ENGINES.find((each) => each === values.engine);
  if (engine === undefined) throw invalid(`--engine is one of ${ENGINES.join(", ")}.`);
  const verify = POLICIES.find((each) => each === values.verify);
  if (verify === undefined) throw invalid(`--verify is one of ${POLICIES.join(", ")}.`);
  const unverified = UNVERIFIED.find((each) => each === values.unverified);
  if (unverified === undefined) throw invalid(`--unverified is one of ${UNVERIFIED.join(", ")}.`);
  if (unverified === "publish" && verify !== "adaptive") {
    throw invalid("--unverified publish is for --verify adaptive: with the others nothing waits.");
  }
  const visibility = VISIBILITIES.find((each) => each === values.visibility);
  if (visibility === undefined) throw invalid(`--visibility is one of ${VISIBILITIES.join(", ")}.`);
  const { title = null } = values;
  if (title !== null && (title.trim() === "" || title.length > MOST_TITLE_CHARACTERS)) {
    throw invalid(`--title has 1 to ${MOST_TITLE_CHARACTERS} characters.`);
  }
  return {
    file,
    ...(isBatch && { files }),
    outDir: values.out === undefined ? null : resolve(values.out),
    engine,
    contributors: wholeNumber("--contributors", values.contributors, 0, 64) ?? 0,
    pool: poolLink(values.pool),
    verify,
    unverified,
    title,
    visibility,
    ladder: values.ladder ?? null,
    keepOriginal: values["keep-original"] === true,
    loudness: values.loudness === true,
    surround: values.surround === true,
    audioKbps: wholeNumber(
      "--audio-kbps",
      values["audio-kbps"],
      AUDIO_KILOBITS.least,
      AUDIO_KILOBITS.most,
    ),
    trim: trimOf(values.from, values.to),
    slots: wholeNumber("--slots", values.slots, 1, 64),
    cores: wholeNumber("--cores", values.cores, 1, 64),
    lookSeconds: wholeNumber("--look", values.look, 0, 3600),
    poster: values.poster === undefined ? null : existingFile(values.poster),
    captions: (values.captions ?? []).map(captionsOf),
    json: values.json === true,
  };
}

/** @returns `isBatch`: whether the report is a list, which it is also for a folder with only one video */
function filesOf(names: readonly string[]): { files: string[]; isBatch: boolean } {
  let isBatch = names.length > 1;
  const files = names.flatMap((name) => {
    const path = resolve(name);
    if (!existsSync(path)) throw invalid(`There is no file ${name}.`);
    if (statSync(path).isFile()) return [path];
    if (!statSync(path).isDirectory()) throw invalid(`There is no file ${name}.`);
    isBatch = true;
    // TypeScript files end in .ts, as MPEG-TS videos do.
    const isProgram = (each: string) => each.endsWith(".ts") && firstByteOf(each) !== TS_SYNC_BYTE;
    const inside = readdirSync(path, { recursive: true, encoding: "utf8" })
      .map((each) => join(path, each))
      .filter((each) => statSync(each).isFile() && isVideoFile({ name: each, type: "" }))
      .filter((each) => !isProgram(each));
    if (inside.length === 0) throw invalid(`There is no video in ${name}.`);
    return inside.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  });
  return { files: [...new Set(files)], isBatch };
}

function firstByteOf(path: string): number | undefined {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(1);
    return readSync(file, bytes) === 1 ? bytes[0] : undefined;
  } finally {
    closeSync(file);
  }
}

/** @throws TributaryError REQUEST_INVALID, TRIM_EMPTY */
function trimOf(from: string | undefined, to: string | undefined): TrimRequest | null {
  if (from === undefined && to === undefined) return null;
  const startSeconds = from === undefined ? undefined : timeOf("--from", from);
  const endSeconds = to === undefined ? undefined : timeOf("--to", to);
  if (endSeconds !== undefined && endSeconds <= (startSeconds ?? 0)) {
    throw new TributaryError("TRIM_EMPTY", "--to is not after --from.");
  }
  return {
    ...(startSeconds !== undefined && { startSeconds }),
    ...(endSeconds !== undefined && { endSeconds }),
  };
}

function timeOf(name: string, text: string): number {
  const seconds = parseTimeText(text);
  if (seconds === null) throw invalid(`${name} is a time such as 3.2 or 1:05.250.`);
  return seconds;
}

function poolLink(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url !== null && /^\/pool\/[^/]+\/ask$/.test(url.pathname) && url.hash.length > 1) return text;
  throw invalid("--pool is a pool's link for owners: https://.../pool/POOL/ask#TOKEN.");
}

function captionsOf(given: string): CaptionsArgument {
  const [, tag = "", name = ""] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  const language = captionLanguageSchema.safeParse(tag);
  if (!language.success)
    throw invalid(`--captions: name a language and a file, as in de=film.srt.`);
  const format = captionFormatOf(name);
  if (format === null) throw invalid(`--captions: ${name} is no .srt, .vtt or .ass file.`);
  return { language: language.data, file: existingFile(name), format };
}

/**
 * The absolute path of a file.
 * @throws TributaryError REQUEST_INVALID where there is none
 */
function existingFile(name: string): string {
  const path = resolve(name);
  if (!existsSync(path) || !statSync(path).isFile()) throw invalid(`There is no file ${name}.`);
  return path;
}

const FOR_ONE_FILE = ["title", "captions", "poster", "from", "to"] as const;

const OPTIONS = {
  out: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  ladder: { type: "string" },
  "audio-kbps": { type: "string" },
  loudness: { type: "boolean" },
  surround: { type: "boolean" },
  "keep-original": { type: "boolean" },
  engine: { type: "string", default: "auto" },
  slots: { type: "string" },
  cores: { type: "string" },
  contributors: { type: "string", default: "0" },
  verify: { type: "string", default: "adaptive" },
  unverified: { type: "string", default: "wait" },
  pool: { type: "string" },
  title: { type: "string" },
  visibility: { type: "string", default: DEFAULT_VISIBILITY },
  captions: { type: "string", multiple: true },
  poster: { type: "string" },
  look: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
