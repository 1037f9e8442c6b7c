import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Native players, observed through what they print. Each plays the address of the multivariant playlist. */

export interface NativePlay {
  /** Number of frames played; null where the player does not report it. */
  frames: number | null;
  /**
   * Time of the first frame minus that of the first audio, in seconds; where no audio is read, the time of the
   * first frame.
   */
  pictureLateSeconds: number | null;
  endSeconds: number | null;
  /** The player's error lines, without repeats. */
  errors: string[];
}

export interface NativePlayer {
  name: string;
  play(url: string): Promise<NativePlay>;
  /**
   * Seeks while paused. Resolves with the time of the frame shown after each seek, in seconds. Null: the player
   * cannot report it.
   */
  seek: ((url: string, toSeconds: readonly number[]) => Promise<number[]>) | null;
  version(): Promise<string>;
}

const RUN_MS = 90_000;

/** Lines that VLC prints on a machine without desktop and screen. */
const VLC_NOISE = /dbus|interface|libvlc|video output|filter|vout display/i;

const versionOf = (program: string, argument: string) => async () => {
  const { output } = await run(program, [argument]);
  return /\d+\.[\d.]+\d/.exec(output)?.[0] ?? "?";
};

/** Native players, with the code to drive them. */
export const NATIVE_PLAYERS: NativePlayer[] = [
  {
    name: "ffmpeg",
    version: versionOf("ffmpeg", "-version"),
    // FFmpeg 5.1 cannot seek in fragmented HLS, not even in HLS that it made itself.
    seek: null,
    async play(url) {
      const argv = ["-nostdin", "-v", "warning", "-live_start_index", "0", "-i", url];
      const hash = ["-f", "framehash", "-hash", "crc32", "-"];
      const { output, errors } = await run("ffmpeg", [
        ...argv,
        ...["-map", "0:v:0", "-map", "0:a:0?", "-copyts", "-fps_mode", "passthrough"],
        ...["-enc_time_base:v", "1:90000", ...hash],
      ]);
      const ticks = [0, 1].map((stream) => {
        const [, top = "1", bottom = "1"] =
          new RegExp(`^#tb ${stream}: (\\d+)/(\\d+)`, "m").exec(output) ?? [];
        return Number(top) / Number(bottom);
      });
      const lines = output.split("\n").filter((line) => /^\d/.test(line));
      const timesOf = (stream: number) =>
        lines
          .filter((line) => line.startsWith(`${stream},`))
          .map((line) => Number(line.split(",")[2]) * (ticks[stream] ?? 1));
      const [pictures, sounds] = [timesOf(0), timesOf(1)];
      return {
        frames: pictures.length,
        pictureLateSeconds: sounds.length > 0 ? (pictures[0] ?? 0) - (sounds[0] ?? 0) : null,
        endSeconds: Math.max(...pictures),
        errors: errors.filter((line) => !/Opening|Skip|deprecated/.test(line)),
      };
    },
  },
  {
    name: "mpv",
    version: versionOf("mpv", "--version"),
    async play(url) {
      const quiet = ["--no-config", "--msg-level=all=warn", "--demuxer-lavf-o=live_start_index=0"];
      const { output, errors } = await run("mpv", [
        ...quiet,
        ...["--no-audio", "--o=-", "--of=framehash", "--ofopts=hash=crc32", "--ovc=rawvideo"],
        ...["--vf=scale=16:16", url],
      ]);
      const lines = output.split("\n").filter((line) => /^\d/.test(line));
      const [, top = "1", bottom = "1"] = /^#tb 0: (\d+)\/(\d+)/m.exec(output) ?? [];
      const times = lines.map(
        (line) => Number(line.split(",")[2]) * (Number(top) / Number(bottom)),
      );
      return {
        frames: lines.length,
        pictureLateSeconds: times[0] ?? null,
        endSeconds: Math.max(...times),
        errors,
      };
    },
    async seek(url, toSeconds) {
      const dir = await mkdtemp(join(tmpdir(), "tributary-mpv-"));
      const socket = join(dir, "ipc");
      const argv = ["--no-config", "--vo=null", "--ao=null", "--pause", "--no-audio"];
      const child = spawn("mpv", [...argv, "--really-quiet", `--input-ipc-server=${socket}`, url]);
      try {
        const ask = await mpvAsker(socket);
        while (typeof (await ask.command(["get_property", "time-pos"])) !== "number")
          await pause(50);
        const found: number[] = [];
        for (const to of toSeconds) {
          const restarted = ask.until("playback-restart");
          await ask.command(["seek", to, "absolute+exact"]);
          await restarted;
          found.push((await ask.command(["get_property", "time-pos"])) as number);
        }
        return found;
      } finally {
        child.kill();
        await rm(dir, { recursive: true, force: true });
      }
    },
  },
  {
    name: "VLC",
    version: async () => /\d+\.[\d.]+\d/.exec((await runVlc(["--version"])).output)?.[0] ?? "?",
    seek: null,
    async play(url) {
      const dir = await mkdtemp(join(tmpdir(), "tributary-vlc-"));
      await chmod(dir, 0o777);
      const shown = join(dir, "shown.y4m");
      try {
        const { errors } = await runVlc([
          ...["-I", "dummy", "--play-and-exit", "--aout", "dummy", "--verbose", "1", "--no-color"],
          ...["--vout", "yuv", `--yuv-file=${shown}`, "--yuv-chroma=I420", "--yuv-yuv4mpeg2"],
          ...["--no-drop-late-frames", "--no-skip-frames", url, "vlc://quit"],
        ]);
        const frames = differentFrames(await readFile(shown));
        const complaints = errors
          .map((line) => line.replace(/^\[\w+\] /, ""))
          .filter((line) => /error|corrupt|slice/.test(line) && !VLC_NOISE.test(line));
        return {
          ...{ frames, pictureLateSeconds: null, endSeconds: null },
          errors: [...new Set(complaints)],
        };
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
  },
  {
    name: "GStreamer",
    version: versionOf("gst-launch-1.0", "--version"),
    seek: null,
    async play(url) {
      const { output, errors } = await run("gst-launch-1.0", [
        ...["-v", "playbin3", `uri=${url}`, "audio-sink=fakesink sync=false"],
        "video-sink=videoconvert ! identity name=seen silent=false ! fakesink sync=false",
      ]);
      const times = [
        ...output.matchAll(/seen: last-message = chain .*?pts: (\d+):(\d+):([\d.]+)/g),
      ];
      const seconds = times.map(
        ([, hours, minutes, rest]) => Number(hours) * 3600 + Number(minutes) * 60 + Number(rest),
      );
      return {
        frames: seconds.length,
        pictureLateSeconds: seconds[0] ?? null,
        endSeconds: seconds.length > 0 ? Math.max(...seconds) : null,
        errors: errors.filter((line) => /error|critical/i.test(line)),
      };
    },
  },
];

interface Printed {
  output: string;
  errors: string[];
}

/** @throws Error where the program does not end in time */
async function run(program: string, argv: readonly string[]): Promise<Printed> {
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
  const late = setTimeout(() => child.kill("SIGKILL"), RUN_MS);
  const [output, log] = ["", ""].map(() => [] as string[]);
  child.stdout.setEncoding("utf8").on("data", (text: string) => output?.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => log?.push(text));
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_, signal) => resolve(signal));
  }).finally(() => clearTimeout(late));
  if (signal === "SIGKILL") throw new Error(`${program} did not end in ${RUN_MS / 1000} s.`);
  const lines = (log ?? []).join("").split("\n").filter(Boolean);
  return { output: (output ?? []).join(""), errors: [...new Set(lines)] };
}

/** Number of frames of a YUV4MPEG2 file in 4:2:0 that differ from the frame before. Players may show a frame twice. */
function differentFrames(file: Buffer): number {
  const head = file.subarray(0, file.indexOf("\n")).toString();
  const [width, height] = ["W", "H"].map((letter) => {
    return Number(new RegExp(` ${letter}(\\d+)`).exec(head)?.[1] ?? 0);
  }) as [number, number];
  const frameBytes = width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);
  let before: Buffer | null = null;
  let frames = 0;
  for (let at = head.length + 1; at + frameBytes < file.length; ) {
    const from = file.indexOf("\n", at) + 1;
    const frame = file.subarray(from, from + frameBytes);
    if (before === null || !frame.equals(before)) frames += 1;
    before = frame;
    at = from + frameBytes;
  }
  return frames;
}

/** VLC refuses to run as root. */
function runVlc(argv: readonly string[]): Promise<Printed> {
  if (process.getuid?.() !== 0) return run("cvlc", argv);
  const home = ["env", `HOME=${tmpdir()}`];
  return run("runuser", ["-u", "nobody", "--", ...home, "cvlc", ...argv]);
}

/** mpv's JSON IPC. */
async function mpvAsker(path: string) {
  let socket: Socket | null = null;
  for (let tries = 0; socket === null; tries += 1) {
    const opened = connect(path);
    socket = await new Promise<Socket | null>((resolve) => {
      opened.once("connect", () => resolve(opened)).once("error", () => resolve(null));
    });
    if (socket === null && tries === 100) throw new Error("mpv did not start.");
    await pause(50);
  }
  const open = socket;
  const listeners = new Set<(message: Record<string, unknown>) => void>();
  let rest = "";
  open.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) for (const hear of listeners) hear(JSON.parse(line));
  });
  const heard = (isIt: (message: Record<string, unknown>) => boolean) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("mpv does not answer.")), 15_000);
      const hear = (message: Record<string, unknown>) => {
        if (!isIt(message)) return;
        clearTimeout(late);
        listeners.delete(hear);
        resolve(message);
      };
      listeners.add(hear);
    });
  let id = 0;
  return {
    until: (event: string) => heard((message) => message["event"] === event),
    async command(command: readonly (string | number)[]): Promise<unknown> {
      id += 1;
      const own = id;
      const answered = heard((message) => message["request_id"] === own);
      open.write(`${JSON.stringify({ command, request_id: own })}\n`);
      return (await answered)["data"];
    },
  };
}
