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

/**
 * The file in a drop or a paste. To be called inside the event: its items are gone afterwards.
 */
export function fileOfTransfer(transfer: DataTransfer | null): Promise<PickedFile | NotAFile> {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === "file");
  const item = items[0];
  if (item === undefined) {
    return Promise.resolve(transfer !== null && transfer.types.length > 0 ? "text" : "nothing");
  }
  const entry = item.webkitGetAsEntry?.();
  const file = item.getAsFile();
  const handle = (item as FileAccessItem).getAsFileSystemHandle?.().catch(() => null);
  if (entry?.isDirectory === true) return Promise.resolve("folder");
  if (file === null) return Promise.resolve("nothing");
  return Promise.resolve(handle).then((known) => ({
    file,
    handle: known?.kind === "file" ? (known as FileSystemFileHandle) : null,
  }));
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
