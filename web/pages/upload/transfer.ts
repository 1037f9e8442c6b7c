import { filesOfDirectory, isVideoInFolder, type PickedFile } from "./source-file.ts";

/** What was given instead of files. */
export type NotAFile = "nothing" | "empty-folder" | "text";

/** What was dropped or pasted. */
export interface Transferred {
  files: PickedFile[];
  /** Where there are no files: what there was. */
  instead: NotAFile | null;
}

interface FileAccessItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** One item of a drop, taken out of it while its event is handled. */
interface Item {
  file: File | null;
  entry: FileSystemEntry | null;
  handle: Promise<FileSystemHandle | null>;
}

/**
 * The files of a drop or a paste, in its order, those of folders among them: in folders, only what has a
 * video's name or type. To be called inside the event: its items are gone afterwards.
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

/** For browsers that give no handles of folders. */
async function filesOfEntry(folder: FileSystemDirectoryEntry): Promise<PickedFile[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // Some of them at a time; none at the end.
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
