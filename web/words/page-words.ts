import type { WordFile } from "./keys.ts";

/** The message files that each page loads; `uploadLater`: those that the upload page loads with its later views. */
export const PAGE_WORDS = {
  admin: ["admin", "errors", "ui"],
  contribute: ["contribute", "errors", "ui"],
  frameRefused: ["errors"],
  pool: ["contribute", "errors", "pool", "ui"],
  reference: ["reference", "ui"],
  upload: ["ui", "upload"],
  uploadLater: ["captions", "errors", "files", "notices", "pictures", "player"],
  videos: ["captions", "errors", "files", "notices", "pictures", "ui", "videos"],
  watch: ["captions", "errors", "files", "notices", "player", "ui", "watch"],
} as const satisfies Record<string, readonly WordFile[]>;
