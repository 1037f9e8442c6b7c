import { t } from "../../words/words.ts";
/** A picked file, with its handle; the handle is null where the browser gives none. */
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

/** The same for files without video, which get a picture. */
export const AUDIO_ENDINGS = [
  ...[".mp3", ".m4a", ".m4b", ".aac", ".flac", ".wav", ".ogg", ".oga", ".opus", ".wma", ".aiff"],
] as const;

/** Value of a file input's `accept`. */
export const ACCEPTED = ["video/*", "audio/*", ...VIDEO_ENDINGS, ...AUDIO_ENDINGS].join(",");

/** Whether a file is a video, by its name or by the type that the browser gives it. */
export function isVideoFile({ name, type }: Pick<File, "name" | "type">): boolean {
  const lower = name.toLowerCase();
  return type.startsWith("video/") || VIDEO_ENDINGS.some((ending) => lower.endsWith(ending));
}

/** The first byte of an MPEG transport stream, which tells it from a TypeScript file: both end in .ts. */
export const TS_SYNC_BYTE = 0x47;

/** Whether a file in a folder is a video. Stricter than `isVideoFile`, since nobody chose this very file. */
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

// TypeScript's DOM library lacks the File System Access API, because only Chromium has all of it.
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

/** The browser's pickers; none in a frame of another site, where browsers refuse them. */
function pickers(): FileAccessWindow {
  try {
    return window.top?.location.origin === location.origin ? (window as FileAccessWindow) : {};
  } catch {
    return {};
  }
}

/** Whether a picked file can be reopened after a reload. */
export function hasFilePicker(): boolean {
  return pickers().showOpenFilePicker !== undefined;
}

/** Whether a whole folder can be chosen; in phones' browsers it mostly cannot. */
export function hasFolderPicker(): boolean {
  return (
    pickers().showDirectoryPicker !== undefined || "webkitdirectory" in HTMLInputElement.prototype
  );
}

/**
 * Opens the browser's file picker; needs a user gesture.
 * @returns no files where the person closed it
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
 * @returns the videos in the folder; null where the person closed the picker
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

/** Opens a picker by a new file input, which stays in the page as long as the picker is open. */
function pickByInput(
  options: Partial<Pick<HTMLInputElement, "accept" | "capture" | "multiple" | "webkitdirectory">>,
): Promise<PickedFile[] | null> {
  const { capture, ...rest } = options;
  const input = Object.assign(document.createElement("input"), { type: "file", ...rest });
  // Not every browser has the property.
  if (capture !== undefined) input.setAttribute("capture", capture);
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

/** The videos in a folder and in the folders inside it, sorted by name. */
export async function filesOfDirectory(folder: FileSystemDirectoryHandle): Promise<PickedFile[]> {
  const handles: (FileSystemFileHandle | FileSystemDirectoryHandle)[] = [];
  try {
    for await (const each of (folder as unknown as FileAccessFolder).values()) handles.push(each);
  } catch {
    // Where the folder cannot be read any more, the files found so far count.
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
 * The file of a stored handle.
 * @param mayAsk whether the browser may ask for permission; needs a user gesture
 * @returns null without permission, or where the file is gone
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
