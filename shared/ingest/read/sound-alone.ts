import {
  ADTS,
  BlobSource,
  FLAC,
  Input,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from "mediabunny";
import { TributaryError } from "../../job/errors.ts";
import { notice } from "../../job/notice.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { type OpenedFile, openFile } from "./open-file.ts";
import type { CardContent, OpenSourceOptions } from "./open-options.ts";
import { type ProbedFile, probeFile } from "./probe.ts";

/** Formats whose tags are read. The audio of some of them is read from a copy that ffmpeg makes. */
const TAGGED = [MP4, QTFF, MP3, FLAC, OGG, WAVE, ADTS, MATROSKA, WEBM];

/**
 * Makes a source of a file with audio alone. Its one picture is a card, which stays until the audio ends. So the
 * source is cut, encoded and played like every video.
 * @param opened the reader of the audio
 * @param readFrom the file that `opened` reads: `file` itself or a copy of its audio
 * @param layout of `readFrom`
 */
export async function probeSoundAlone(
  file: Blob,
  { opened, readFrom, layout }: { opened: OpenedFile; readFrom: Blob; layout: IsoLayout | null },
  options: OpenSourceOptions,
): Promise<{ probed: ProbedFile; dispose: () => void }> {
  const { makeCard, picture = null, signal, onProgress } = options;
  if (makeCard === undefined) throw soundOnly();
  const tagged = await contentOf(file);
  const content = { ...tagged, cover: picture ?? tagged.cover };
  const card = await openFile(await makeCard(content, signal));
  if (card === null || card.video === null) {
    card?.input.dispose();
    throw new TributaryError("INTERNAL", "The picture for the sound could not be made.");
  }
  const dispose = () => {
    for (const { input } of [card, opened]) input.dispose();
  };
  try {
    const { facts, ...probed } = await probeFile(
      { ...card, video: card.video },
      {
        ...{ file: readFrom, layout: null, signal, onProgress, sound: opened },
        soundLayout: layout,
      },
    );
    const found = content.cover === null ? "a card with its title" : "the cover in it";
    const what = picture === null ? found : "the picture that was chosen for it";
    const added = notice(
      "PICTURE_ADDED",
      `The file has sound and no moving picture: ${what} is shown all the time.`,
    );
    const notices = [added, ...facts.notices.filter(({ code }) => code !== "LAST_FRAME_HELD")];
    const warnings = notices.map(({ message }) => message);
    return {
      probed: { ...probed, facts: { ...facts, container: opened.container, notices, warnings } },
      dispose,
    };
  } catch (thrown) {
    dispose();
    throw thrown;
  }
}

export function soundOnly(): TributaryError {
  return new TributaryError("SOURCE_NO_VIDEO", "There is no picture in the file, only sound.");
}

/** The file's tags and cover; null where they are missing or cannot be read. */
async function contentOf(file: Blob): Promise<CardContent> {
  const input = new Input({ source: new BlobSource(file), formats: TAGGED });
  const fileName = file instanceof File ? file.name : "";
  try {
    const { title, artist, images = [] } = await input.getMetadataTags();
    const image = images.find(({ kind }) => kind === "coverFront") ?? images[0];
    const cover =
      image === undefined ? null : new Blob([image.data.slice()], { type: image.mimeType });
    return { fileName, title: title?.trim() || null, artist: artist?.trim() || null, cover };
  } catch {
    return { fileName, title: null, artist: null, cover: null };
  } finally {
    input.dispose();
  }
}
