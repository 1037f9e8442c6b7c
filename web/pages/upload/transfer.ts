import { filesOfDirectory, isVideoInFolder, type PickedFile } from "./source-file.ts";

/** Kinds of a drop or paste without files. */
export type NotAFile = "nothing" | "empty-folder" | "text";

/** Result of a drop or paste. */
export interface Transferred {
  files: PickedFile[];
  /** What came instead where there are no files; else null. */
  instead: NotAFile | null;
}

interface FileAccessItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** The contents of one item, read inside the event: afterwards items are empty. */
interface Item {
  file: File | null;
  entry: FileSystemEntry | null;
  handle: Promise<FileSystemHandle | null>;
}

/**
 * The files of a drop or a paste in their order, with those of folders. Of folders, only files with a video's name or
 * type are taken. Must be called inside the event, because its items are gone afterwards.
 */
export async function filesOfTransfer(transfer: DataTransfer | null): Promise<Transferred> {
  const items = [...(transfer?.items ?? [])]
    .filter((item) => item.kind === "file")
    .map(
      (item): Item => ({
        file: item.getAsFile(),
        entry: item.webkitGetAsEntry?.() ?? null,
        handle: (item as FileAccessItem).getAsFileSystemHandle?.().catch(() => null) ?? NONE,
      }),
    );
  if (items.length === 0) {
    const isText = transfer !== null && transfer.types.length > 0;
    return { files: [], instead: isText ? "text" : "nothing" };
  }
  const files = (await Promise.all(items.map(filesOfItem))).flat();
  if (files.length > 0) return { files, instead: null };
  const isFolder = items.some(({ entry }) => entry?.isDirectory === true);
  return { files, instead: isFolder ? "empty-folder" : "nothing" };
}

const NONE = Promise.resolve(null);

async function filesOfItem({ file, entry, handle }: Item): Promise<PickedFile[]> {
  const known = await handle;
  if (known?.kind === "directory") return filesOfDirectory(known as FileSystemDirectoryHandle);
  if (entry?.isDirectory === true) return filesOfEntry(entry as FileSystemDirectoryEntry);
  return file === null ? [] : [{ file, handle: known as FileSystemFileHandle | null }];
}

/** The videos in a folder, for browsers that give no handles of folders. */
async function filesOfEntry(folder: FileSystemDirectoryEntry): Promise<PickedFile[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // Each call gives some of the entries; after the last ones it gives none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => []);
    if (some.length === 0) break;
    entries.push(...some);
  }
  entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const files = await Promise.all(
    entries.map(async (entry): Promise<PickedFile[]> => {
      if (entry.isDirectory) return filesOfEntry(entry as FileSystemDirectoryEntry);
      const file = await new Promise<File | null>((resolve) =>
        (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
      );
      return file !== null && (await isVideoInFolder(file)) ? [{ file, handle: null }] : [];
    }),
  );
  return files.flat();
}
