import { BlobWriter } from "../../shared/ingest/remux/blob-writer.ts";
import { TributaryError } from "../../shared/job/errors.ts";

/** Saves files that a page makes part by part, at a place of the person's choice or in the downloads. */

export interface WrittenPart {
  type: "write";
  data: Uint8Array<ArrayBuffer>;
  /** Offset in the file, in bytes. */
  position: number;
}

export interface SaveTarget {
  /** Closing it completes the file; aborting it leaves no file. */
  writable: WritableStream<WrittenPart>;
}

/** Most bytes of a file that is collected in Blobs, in browsers that cannot write to a file. */
const MOST_BLOB_BYTES = 2 * 1024 ** 3;

interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<WritableStream<WrittenPart>>;
  }>;
}

/**
 * Opens a file at a place that the person chooses, or in the downloads. Must be called from a click.
 * @returns null where the person cancelled the choice
 * @throws TributaryError STORAGE_LIMIT where the browser cannot store that many bytes
 */
export async function openSaveTarget(
  name: string,
  { type, sizeBytes }: { type: string; sizeBytes: number },
): Promise<SaveTarget | null> {
  const { showSaveFilePicker } = globalThis as FilePicker;
  if (showSaveFilePicker !== undefined) {
    try {
      const handle = await showSaveFilePicker.call(globalThis, { suggestedName: name });
      return { writable: await handle.createWritable() };
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
      throw thrown;
    }
  }
  if (sizeBytes > MOST_BLOB_BYTES) {
    const message =
      "This browser keeps files in memory while they are made: this one is too large.";
    throw new TributaryError("STORAGE_LIMIT", message);
  }
  const writer = new BlobWriter(2 * MOST_BLOB_BYTES);
  const writable = new WritableStream<WrittenPart>({
    write: ({ data, position }) => writer.write(data, position),
    close: () => offer(writer.finish(type), name),
  });
  return { writable };
}

/** Saves a file of this page to the person's downloads. */
export function offer(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // Not at once: the browser begins the download after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A file name that is valid on every system. */
export function fileNameOf(title: string, ending: string): string {
  const plain = title
    .replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, "-")
    .replace(/^\.+/, "")
    .trim();
  return `${plain.slice(0, 120) || "video"}${ending}`;
}
