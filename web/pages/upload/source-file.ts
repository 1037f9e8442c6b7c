import { t } from "../../words/words.ts";
/** A picked file, with its handle where the browser gives one. */
export interface PickedFile {
  file: File;
  handle: FileSystemFileHandle | null;
}

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

/** The same of files with sound alone, which get a picture. */
export const AUDIO_ENDINGS = [
  ...[".mp3", ".m4a", ".m4b", ".aac", ".flac", ".wav", ".ogg", ".oga", ".opus", ".wma", ".aiff"],
] as const;

/** What the browser's own picker is told. */
export const ACCEPTED = ["video/*", "audio/*", ...VIDEO_ENDINGS, ...AUDIO_ENDINGS].join(",");

/** By its name or the type that the browser gives it. */
export function isVideoFile({ name, type }: Pick<File, "name" | "type">): boolean {
  const lower = name.toLowerCase();
  return type.startsWith("video/") || VIDEO_ENDINGS.some((ending) => lower.endsWith(ending));
}

/** The first byte of an MPEG transport stream: programs in TypeScript end in .ts as well. */
export const TS_SYNC_BYTE = 0x47;

/** One of a folder, where nobody chose it by itself. */
export async function isVideoInFolder(file: File): Promise<boolean> {
  if (!isVideoFile(file)) return false;
  if (!/\.ts$/i.test(file.name)) return true;
  const [first] = new Uint8Array(
    await file
      .slice(0, 1)
      .arrayBuffer()
      .catch(() => EMPTY),
  );
  return first === TS_SYNC_BYTE;
}

const EMPTY = new ArrayBuffer(0);

// The File System Access API is not in TypeScript's DOM library: only Chromium has all of it.
interface FileAccessWindow {
  showOpenFilePicker?(options: {
    id: string;
    multiple: boolean;
    types: { description: string; accept: Record<string, string[]> }[];
  }): Promise<FileSystemFileHandle[]>;
  showDirectoryPicker?(options: { id: string }): Promise<FileSystemDirectoryHandle>;
}
interface FileAccessFolder {
  values(): AsyncIterable<FileSystemFileHandle | FileSystemDirectoryHandle>;
}
interface FileAccessHandle {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

/** The browser's pickers; none in a frame of another site, where they refuse. */
function pickers(): FileAccessWindow {
  try {
    return window.top?.location.origin === location.origin ? (window as FileAccessWindow) : {};
  } catch {
    return {};
  }
}

/** Can a picked file be reopened after a reload? */
export function hasFilePicker(): boolean {
  return pickers().showOpenFilePicker !== undefined;
}

/** Can a whole folder be chosen? Phones' browsers mostly cannot. */
export function hasFolderPicker(): boolean {
  return (
    pickers().showDirectoryPicker !== undefined || "webkitdirectory" in HTMLInputElement.prototype
  );
}

/**
 * Opens the browser's file picker; needs a user gesture.
 * @returns none when the person closed it
 */
export async function pickFiles(multiple: boolean): Promise<PickedFile[]> {
  const handles = await unlessClosed(() =>
    pickers().showOpenFilePicker?.({
      id: "tributary-source",
      multiple,
      types: [
        {
          description: t("upload.videos"),
          accept: { "video/*": [...VIDEO_ENDINGS], "audio/*": [...AUDIO_ENDINGS] },
        },
      ],
    }),
  );
  const read = (handles ?? []).map(async (handle) => ({ file: await handle.getFile(), handle }));
  return Promise.all(read);
}

/**
 * Opens the browser's picker of folders; needs a user gesture.
 * @returns the videos in it; null when the person closed it
 */
export async function pickFolder(): Promise<PickedFile[] | null> {
  if (pickers().showDirectoryPicker === undefined) {
    const files = await pickByInput({ webkitdirectory: true });
    if (files === null) return null;
    const areVideos = await Promise.all(files.map(({ file }) => isVideoInFolder(file)));
    return files.filter((_, index) => areVideos[index]);
  }
  const folder = await unlessClosed(() =>
    pickers().showDirectoryPicker?.({ id: "tributary-folder" }),
  );
  return folder === undefined ? null : filesOfDirectory(folder);
}

/** Opens whichever picker there is; null when the person closed it. Needs a user gesture. */
export function chooseFiles(): Promise<PickedFile[] | null> {
  if (hasFilePicker()) return pickFiles(true);
  return pickByInput({ accept: ACCEPTED, multiple: true });
}

/** Opens the camera of a phone; null when the person closed it. Needs a user gesture. */
export function recordVideo(): Promise<PickedFile[] | null> {
  return pickByInput({ accept: "video/*", capture: "environment" });
}

/** By a file input of its own, which stands in the page as long as it is open. */
function pickByInput(
  options: Partial<Pick<HTMLInputElement, "accept" | "capture" | "multiple" | "webkitdirectory">>,
): Promise<PickedFile[] | null> {
  const input = Object.assign(document.createElement("input"), { type: "file", ...options });
  input.hidden = true;
  document.body.append(input);
  return new Promise((resolve) => {
    const end = (files: PickedFile[] | null) => {
      input.remove();
      resolve(files);
    };
    input.addEventListener("change", () => {
      end([...(input.files ?? [])].map((file) => ({ file, handle: null })));
    });
    input.addEventListener("cancel", () => end(null));
    input.click();
  });
}

/** The videos in a folder and the folders in it, by name. */
export async function filesOfDirectory(folder: FileSystemDirectoryHandle): Promise<PickedFile[]> {
  const handles: (FileSystemFileHandle | FileSystemDirectoryHandle)[] = [];
  try {
    for await (const each of (folder as unknown as FileAccessFolder).values()) handles.push(each);
  } catch {
    // It may no longer be read: what was found counts.
  }
  handles.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const files: PickedFile[] = [];
  for (const handle of handles) {
    if (handle.kind === "directory") files.push(...(await filesOfDirectory(handle)));
    else {
      const file = await handle.getFile().catch(() => null);
      if (file !== null && (await isVideoInFolder(file))) files.push({ file, handle });
    }
  }
  return files;
}

/** @returns undefined when the person closed the picker */
async function unlessClosed<T>(open: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await open();
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") return undefined;
    throw thrown;
  }
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
