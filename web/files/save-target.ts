import { BlobWriter } from "../../shared/ingest/remux/blob-writer.ts";
import { TributaryError } from "../../shared/job/errors.ts";

/** Files that a page makes bit by bit, among the person's downloads. */

export interface WrittenPart {
  type: "write";
  data: Uint8Array<ArrayBuffer>;
  /** Where it begins, in bytes of the file. */
  position: number;
}

export interface SaveTarget {
  /** Closing it is the file's end; aborting it leaves none. */
  writable: WritableStream<WrittenPart>;
}

/** Without a file to write to, the browser keeps what is made in Blobs, as long as the page is open. */
const MOST_BLOB_BYTES = 2 * 1024 ** 3;

interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<WritableStream<WrittenPart>>;
  }>;
}

/**
 * A file that the person chooses a place for, or one among the downloads. Needs a click.
 * @returns null where the person chose none
 * @throws TributaryError STORAGE_LIMIT where the browser cannot keep so much
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

/** Puts a file of this page among the person's downloads. */
export function offer(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser takes it up after this task.
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
