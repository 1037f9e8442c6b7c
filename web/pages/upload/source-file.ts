/** A picked file, with its handle where the browser gives one. */
export interface PickedFile {
  file: File;
  handle: FileSystemFileHandle | null;
}

/** What was given instead of one file. */
export type NotAFile = "nothing" | "folder" | "text";

/** File name endings offered in the picker; any other file may be tried as well. */
export const VIDEO_ENDINGS = [
  ".mp4",
  ".m4v",
  ".mov",
  ".mkv",
  ".webm",
  ".ts",
  ".mts",
  ".m2ts",
  ".avi",
  ".flv",
  ".wmv",
  ".mpg",
  ".mpeg",
  ".vob",
  ".ogv",
  ".3gp",
] as const;

// The File System Access API is not in TypeScript's DOM library: only Chromium has all of it.
interface FileAccessWindow {
  showOpenFilePicker?(options: {
    id: string;
    types: { description: string; accept: Record<string, string[]> }[];
  }): Promise<FileSystemFileHandle[]>;
}
interface FileAccessItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
interface FileAccessHandle {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

/** Can a picked file be reopened after a reload? */
export function hasFilePicker(): boolean {
  return (window as FileAccessWindow).showOpenFilePicker !== undefined;
}

/**
 * Opens the browser's file picker; needs a user gesture.
 * @returns null when the person closed it
 */
export async function pickFile(): Promise<PickedFile | null> {
  try {
    const [handle] =
      (await (window as FileAccessWindow).showOpenFilePicker?.({
        id: "tributary-source",
        types: [{ description: "Videos", accept: { "video/*": [...VIDEO_ENDINGS] } }],
      })) ?? [];
    return handle === undefined ? null : { file: await handle.getFile(), handle };
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") return null;
    throw thrown;
  }
}

/** What was dropped or pasted. */
export interface Transferred {
  given: PickedFile | NotAFile;
  /** Names of files that came with it. */
  leftOut: string[];
}

/**
 * The first file in a drop or a paste. To be called inside the event: its items are gone afterwards.
 */
export async function fileOfTransfer(transfer: DataTransfer | null): Promise<Transferred> {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === "file");
  const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry?.()?.isDirectory === true;
  const item = items.find((each) => !isFolder(each)) ?? items[0];
  if (item === undefined) {
    const isText = transfer !== null && transfer.types.length > 0;
    return { given: isText ? "text" : "nothing", leftOut: [] };
  }
  const leftOut = items.filter((each) => each !== item).map((each) => nameOf(each));
  const file = item.getAsFile();
  const asked = (item as FileAccessItem).getAsFileSystemHandle?.().catch(() => null);
  if (isFolder(item)) return { given: "folder", leftOut };
  if (file === null) return { given: "nothing", leftOut };
  const known = await asked;
  const handle = known?.kind === "file" ? (known as FileSystemFileHandle) : null;
  return { given: { file, handle }, leftOut };
}

function nameOf(item: DataTransferItem): string {
  return item.webkitGetAsEntry?.()?.name ?? item.getAsFile()?.name ?? "another file";
}

/**
 * The file behind a stored handle; asks for permission when `mayAsk` (needs a user gesture).
 * @returns null without permission, or when the file is gone
 */
export async function reopenFile(
  handle: FileSystemFileHandle,
  mayAsk: boolean,
): Promise<File | null> {
  const access = handle as FileAccessHandle;
  try {
    let permission = (await access.queryPermission?.({ mode: "read" })) ?? "granted";
    if (permission === "prompt" && mayAsk) {
      permission = (await access.requestPermission?.({ mode: "read" })) ?? "denied";
    }
    return permission === "granted" ? await handle.getFile() : null;
  } catch {
    return null;
  }
}
