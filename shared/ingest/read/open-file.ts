import {
  BlobSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from "mediabunny";

// Files that mediabunny does not know are read by ffmpeg, so its warnings would only mislead.
Logging.level = LogLevel.Errors;

/** Containers that mediabunny reads and that hold pictures. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

const CONTAINER_NAMES: Record<string, string> = {
  MP4: "mp4",
  "QuickTime File Format": "mov",
  Matroska: "matroska",
  WebM: "webm",
  "MPEG Transport Stream": "mpegts",
};

/** At most this much of the file is cached: indexes are small, and chunks are read once. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** A file opened for reading; no packets have been read yet. */
export interface OpenedFile {
  input: Input;
  /** Share of the file up to the furthest byte that was read, 0..1. */
  readShare(): number;
  container: string;
  video: InputVideoTrack | null;
  audio: InputAudioTrack[];
}

/** Opens a file with mediabunny. @returns null when it does not know the format */
export async function openFile(file: Blob): Promise<OpenedFile | null> {
  // Errors between reads are ignored: when the file has gone away, the next read fails.
  const source = new BlobSource(file, {
    maxCacheSize: CACHE_BYTES,
    handleUnhandledError: () => {},
  });
  let readBytes = 0;
  source.on("read", ({ end }) => {
    readBytes = Math.max(readBytes, end);
  });
  const input = new Input({ source, formats: FORMATS });
  try {
    if (!(await input.canRead())) {
      input.dispose();
      return null;
    }
    const format = await input.getFormat();
    return {
      input,
      readShare: () => Math.min(1, readBytes / file.size),
      container: CONTAINER_NAMES[format.name] ?? format.name.toLowerCase().slice(0, 40),
      video: await pictureTrack(input),
      audio: await input.getAudioTracks(),
    };
  } catch {
    input.dispose();
    return null;
  }
}

/** The primary video track. Where its codec is not known (a cover picture), the first track whose codec is. */
async function pictureTrack(input: Input): Promise<InputVideoTrack | null> {
  const primary = await input.getPrimaryVideoTrack();
  if (primary === null || (await primary.getCodec()) !== null) return primary;
  for (const track of await input.getVideoTracks()) {
    if ((await track.getCodec()) !== null) return track;
  }
  return primary;
}
