import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AudioRendition } from "../../shared/job/job.ts";
import { outputPrefix } from "../../shared/job/object-keys.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { type FilesTrack, type VideoFiles, videoFilesSchema } from "../../shared/wire/files.ts";
import type { AppEnv } from "../http/app-env.ts";
import { visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { readRecord, recordedObjects, type VideoRecord } from "../storage/video-record.ts";

/** `GET /api/videos/:id/files`: the objects from which pages and programs make MP4, M4A and ZIP files. */
export const fileRoutes = new Hono<AppEnv>();

fileRoutes.get(
  "/:id/files",
  describe({
    tag: "Videos",
    id: "videoFiles",
    summary: "What a finished video is made of",
    detail:
      "Each object with its size and, of segments, its frames. An init segment and the media segments of a track, one after the other, are one MP4 file.",
    access: "private",
    answers: { 200: videoFilesSchema },
    errors: ["NOT_FOUND"],
  }),
  async (c) => {
    const id = c.req.param("id");
    await visibleVideo(c, id);
    const record = await readRecord(c.env.MEDIA, id);
    if (record === null) {
      throw new TributaryError("NOT_FOUND", "There is no record of a finished video of this id.");
    }
    return c.json(filesOf(record), 200, { "cache-control": "no-store" });
  },
);

function filesOf(record: VideoRecord): VideoFiles {
  const best = [...record.video].sort(
    (a, b) => b.height - a.height || b.bitsPerSecond - a.bitsPerSecond,
  );
  const tracks = [...best, ...record.audio].flatMap((each) => trackOf(record, each));
  const named = new Set(tracks.flatMap(({ init, media }) => [init, ...media]).map(pathOf));
  const folder = outputPrefix(record.jobId);
  const all = recordedObjects(record).map(({ key, sizeBytes }) => {
    return { path: key.slice(folder.length), sizeBytes };
  });
  return {
    folder: record.jobId,
    durationSeconds: record.source.durationTicks / TICKS_PER_SECOND,
    tracks,
    others: all.filter(({ path }) => !named.has(path)),
  };
}

/** The track of a rendition; none where it has more than one init segment. */
function trackOf(
  { jobId, media, inits }: VideoRecord,
  rendition: VideoRecord["video"][number] | VideoRecord["audio"][number],
): FilesTrack[] {
  const own = media.filter((each) => each.rendition === rendition.id);
  const [initKey, ...others] = new Set(own.map((each) => each.initKey));
  const init = inits.find(({ key }) => key === initKey);
  if (init === undefined || others.length > 0) return [];
  const path = (key: string) => key.slice(outputPrefix(jobId).length);
  const isVideo = rendition.kind === "video";
  return [
    {
      rendition: rendition.id,
      kind: rendition.kind,
      name: isVideo ? "" : nameOf(rendition),
      width: isVideo ? rendition.width : 0,
      height: isVideo ? rendition.height : 0,
      init: { path: path(init.key), sizeBytes: init.sizeBytes },
      media: own
        .sort((a, b) => a.segment - b.segment)
        .map(({ key, sizeBytes, frames }) => ({ path: path(key), sizeBytes, frames })),
    },
  ];
}

function pathOf({ path }: { path: string }): string {
  return path;
}

/** A track's name. 5.1 and stereo of the same track have the same name in the plan. */
function nameOf({ name, channels }: Pick<AudioRendition, "name" | "channels">): string {
  return channels > 2 ? `${name} (5.1)` : name;
}
