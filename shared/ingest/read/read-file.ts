import type { InputVideoTrack } from "mediabunny";
import { TributaryError } from "../../job/errors.ts";
import type { SubtitleFacts } from "../../job/job.ts";
import { canonicalLanguage } from "../../job/language.ts";
import { messagesOf, type Notice } from "../../job/notice.ts";
import type { Remuxed } from "../remux/remux-run.ts";
import { coloursReduced } from "./colour-notices.ts";
import { type IsoLayout, readIsoLayout } from "./iso-layout.ts";
import { type OpenedFile, openFile } from "./open-file.ts";
import type { OpenSourceOptions } from "./open-options.ts";
import { type ProbedFile, probeFile, sampleDescriptions } from "./probe.ts";
import { descriptionCount, readableFile } from "./readable-file.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";
import { probeSoundAlone, soundOnly } from "./sound-alone.ts";
import { asSourceError, DAMAGED, sourceDamaged } from "./source-errors.ts";
import { findSubtitles, reportedSubtitles, subtitlesLeftOut } from "./subtitles.ts";
import { soundPids } from "./ts-streams.ts";
import { displaySize } from "./video-facts.ts";

/**
 * A file, read by the reader that it needs. Most files are read as they are. Where mediabunny cannot read the
 * container or the picture, ffmpeg first copies all packets to an mp4. Where mediabunny does not know just the
 * audio, ffmpeg copies only that.
 */
export interface ReadFile {
  probed: ProbedFile;
  remuxed: boolean;
  dispose: () => void;
}

/**
 * Refuses a file of the ISO family that its layout shows to be of no use.
 * @throws TributaryError SOURCE_UNREADABLE, SOURCE_TRUNCATED, SOURCE_CORRUPT, SOURCE_UNSUPPORTED, SOURCE_NO_VIDEO
 */
export function refuseUnusable(
  layout: IsoLayout,
  sizeBytes: number,
  { makeCard }: Pick<OpenSourceOptions, "makeCard">,
): void {
  if (!layout.hasMoov && /^(heic|heix|mif1|avif)$/.test(layout.brand)) {
    throw new TributaryError("SOURCE_UNREADABLE", "The file is a picture, no video.");
  }
  if (!layout.hasMoov) {
    const share =
      layout.statedBytes === null ? null : Math.floor((100 * sizeBytes) / layout.statedBytes);
    throw new TributaryError(
      "SOURCE_TRUNCATED",
      share !== null && share < 100
        ? "The file is incomplete: its table of contents (moov), which stands at the end, is missing. Copy or download it again."
        : "The file has no table of contents (moov). The recording or copy was not finished.",
    );
  }
  if (layout.tracks.some((track) => /^enc[vaus]$|^drm[si]$/.test(track.sampleEntry))) {
    throw new TributaryError(
      "SOURCE_UNSUPPORTED",
      "The file is protected (DRM) and cannot be read.",
    );
  }
  if (layout.tracks.some((track) => !track.tablesFit)) {
    throw sourceDamaged();
  }
  const has = (handler: string) => layout.tracks.some((track) => track.handler === handler);
  if (!has("vide") && (makeCard === undefined || !has("soun"))) throw soundOnly();
}

/** Reads a file's facts and index. @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE */
export async function readFile(
  file: Blob,
  layout: IsoLayout | null,
  options: OpenSourceOptions,
): Promise<ReadFile> {
  const opened = await openFile(layout === null ? file : await readableFile(file, layout, 0));
  if (opened !== null && (await canReadPicture(opened, layout))) {
    try {
      return await readDirectly(file, layout, opened, options);
    } catch (thrown) {
      opened.input.dispose();
      throw asSourceError(thrown, "SOURCE_CORRUPT", DAMAGED);
    }
  }
  if (opened !== null && holdsSoundAlone(layout) && (await isKnownSound(opened))) {
    const { probed, dispose } = await probeSoundAlone(
      file,
      { opened, readFrom: file, layout },
      options,
    );
    return {
      probed: withLosses(probed, await findSubtitles(file, layout)),
      remuxed: false,
      dispose,
    };
  }
  opened?.input.dispose();
  return readCopy(file, layout, options);
}

/**
 * Whether a file of the ISO family has no video track, by its own list of tracks. mediabunny leaves out video
 * that it cannot read, so for other containers only ffmpeg can tell.
 */
function holdsSoundAlone(layout: IsoLayout | null): boolean {
  return layout?.tracks.every(({ handler }) => handler !== "vide") === true;
}

async function isKnownSound({ audio }: OpenedFile): Promise<boolean> {
  const codecs = await Promise.all(audio.map((track) => track.getCodec()));
  return audio.length > 0 && !codecs.includes(null);
}

async function canReadPicture(opened: OpenedFile, layout: IsoLayout | null): Promise<boolean> {
  if (opened.video === null) return false;
  return (
    (await opened.video.getCodec()) !== null || sampleDescriptions(opened.video, layout) !== null
  );
}

async function readDirectly(
  file: Blob,
  layout: IsoLayout | null,
  opened: OpenedFile,
  options: OpenSourceOptions,
): Promise<ReadFile> {
  const { signal, onProgress } = options;
  const video = opened.video as InputVideoTrack;
  const unknownPicture = (await video.getCodec()) === null;
  const unknownSound = await hasUnknownSound(file, opened);
  let remuxed: Remuxed | null = null;
  const described: OpenedFile[] = [];
  for (let i = 1; layout !== null && i < descriptionCount(layout); i++) {
    const further = await openFile(await readableFile(file, layout, i));
    if (further !== null) described.push(further);
  }
  let sound: OpenedFile | undefined;
  if (unknownSound) {
    remuxed = await runFfmpeg(file, { copy: "sound" }, options, 0.5);
    sound = remuxed.file === null ? undefined : ((await openFile(remuxed.file)) ?? undefined);
  } else if (unknownPicture) {
    remuxed = await runFfmpeg(file, { copy: "nothing" }, options, 0.5);
  }
  const from = remuxed === null ? 0 : 0.5;
  const probed = await probeFile(
    { ...opened, video },
    {
      ...{ file, layout, signal, sound, described },
      onProgress: (share) => onProgress?.(from + (1 - from) * share),
    },
  );
  const reported =
    remuxed === null
      ? probed
      : withReport(probed, remuxed, opened.container, unknownPicture, unknownSound);
  return {
    probed: withLosses(reported, await findSubtitles(file, layout)),
    remuxed: unknownSound,
    dispose: () => {
      for (const one of [opened, sound, ...described]) one?.input.dispose();
    },
  };
}

async function hasUnknownSound(file: Blob, opened: OpenedFile): Promise<boolean> {
  const codecs = await Promise.all(opened.audio.map((track) => track.getCodec()));
  if (codecs.includes(null)) return true;
  if (opened.container !== "mpegts") return false;
  const known = new Set(opened.audio.map((track) => track.id));
  return (await soundPids(file)).some((pid) => !known.has(pid));
}

async function readCopy(
  file: Blob,
  layout: IsoLayout | null,
  options: OpenSourceOptions,
): Promise<ReadFile> {
  const remuxed = await runFfmpeg(file, { copy: "everything" }, options, 0.9);
  try {
    return await readRemuxed(file, layout, remuxed, options);
  } catch (thrown) {
    const error = asSourceError(thrown, "SOURCE_CORRUPT", DAMAGED);
    if (!(error instanceof TributaryError) || error.code === "SOURCE_CHANGED") throw error;
    // The packets were copied, but cannot be understood. Decoding them is the last resort.
    const converted = await runFfmpeg(file, { copy: "converted" }, options, 0.9);
    return readRemuxed(file, layout, converted, options);
  }
}

async function readRemuxed(
  file: Blob,
  layout: IsoLayout | null,
  remuxed: Remuxed,
  options: OpenSourceOptions,
): Promise<ReadFile> {
  const { signal, onProgress } = options;
  const copy = remuxed.file;
  const subtitles =
    layout === null ? reportedSubtitles(remuxed.report) : await findSubtitles(file, layout);
  const opened = copy === null ? null : await openFile(copy);
  if (copy !== null && opened !== null && opened.video === null && opened.audio.length > 0) {
    const sound = { opened, readFrom: copy, layout: await readIsoLayout(copy, signal) };
    const { probed, dispose } = await probeSoundAlone(file, sound, options);
    const reported = withReport(probed, remuxed, remuxed.report.format, false, true);
    return { probed: withLosses(reported, subtitles), remuxed: true, dispose };
  }
  if (copy === null || opened === null || opened.video === null) {
    opened?.input.dispose();
    throw new TributaryError("SOURCE_UNREADABLE", "The file is no video that can be read here.");
  }
  try {
    const probed = await probeFile(
      { ...opened, video: opened.video },
      {
        file: copy,
        layout: await readIsoLayout(copy, signal),
        signal,
        onProgress: (share) => onProgress?.(0.9 + 0.1 * share),
      },
    );
    const unknownPicture = probed.sampleDescriptions !== null;
    const { format } = remuxed.report;
    const reported = withReport(probed, remuxed, format, unknownPicture, true);
    return {
      probed: withLosses(reported, subtitles),
      remuxed: true,
      dispose: () => opened.input.dispose(),
    };
  } catch (thrown) {
    opened.input.dispose();
    throw asSourceError(thrown, "SOURCE_CORRUPT", DAMAGED);
  }
}

/**
 * Adds facts of the original that ffprobe knows and the copy does not hold.
 * @param picture whether all of the picture's facts are taken from the report
 * @param sound whether the audio tracks' facts are taken from the report
 */
function withReport(
  probed: ProbedFile,
  remuxed: Remuxed,
  container: string,
  picture: boolean,
  sound: boolean,
): ProbedFile {
  const { facts } = probed;
  const { width, height, rotation } = facts.video;
  const report = remuxed.video;
  const video =
    report === null || !picture
      ? { ...facts.video, interlaced: facts.video.interlaced || (report?.interlaced ?? false) }
      : {
          ...facts.video,
          ...displaySize(width, height, report.sampleAspect, rotation),
          codec: report.codec,
          interlaced: report.interlaced,
          bitDepth: report.bitDepth,
          transfer: report.transfer,
        };
  const audio = facts.audio.map((track) => {
    const stream = sound ? remuxed.audio[track.track] : undefined;
    if (stream === undefined) return track;
    return {
      ...track,
      codec: stream.codec,
      language: canonicalLanguage(stream.language),
      title: stream.title?.slice(0, 200) ?? null,
      isDefault: stream.isDefault,
    };
  });
  return withNotices({ ...probed, facts: { ...facts, container, video, audio } }, remuxed.notices);
}

function withLosses(probed: ProbedFile, subtitles: SubtitleFacts[]): ProbedFile {
  const facts = { ...probed.facts, subtitles };
  return withNotices({ ...probed, facts }, [
    ...subtitlesLeftOut(subtitles),
    ...coloursReduced(facts.video),
  ]);
}

/** @param more notices that come before the others */
function withNotices(probed: ProbedFile, more: readonly Notice[]): ProbedFile {
  const notices = [...more, ...probed.facts.notices];
  return { ...probed, facts: { ...probed.facts, notices, warnings: messagesOf(notices) } };
}
