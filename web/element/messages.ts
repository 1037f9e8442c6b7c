/** Messages between `<tributary-upload>` on a host's page and the upload page in its frame. */

/** Stands in each message, so that messages of other scripts are not taken for ours. */
export const CONTEXT = "tributary-upload";

/** Names of the element's events, with their `detail`. */
export interface UploadEvents {
  /** The page in the frame can be used. */
  "tributary-ready": Record<string, never>;
  /** `share` is 0..1 of the whole work; `etaSeconds` is null where it is unknown. */
  progress: { phase: string; share: number; etaSeconds: number | null };
  /** The video plays from its beginning, while the rest is being made. */
  watchable: VideoAddress;
  /** The whole video is ready. */
  done: VideoAddress;
  /** `code` is one of the API's. */
  error: { code: string; message: string };
}

export interface VideoAddress {
  jobId: string;
  watchUrl: string;
  embedUrl: string;
  masterUrl: string;
}

export type UploadEvent = {
  [Name in keyof UploadEvents]: { name: Name; detail: UploadEvents[Name] };
}[keyof UploadEvents];

/** From the frame. */
export type FrameMessage = { context: typeof CONTEXT } & (
  | { type: "event"; event: UploadEvent }
  /** Height of the page, in CSS pixels. */
  | { type: "size"; height: number }
);

/** From the element. */
export type HostMessage = { context: typeof CONTEXT } & (
  | { type: "token"; token: string }
  /** CSS values by the name of the custom property without its prefix; "" for the page's own value. */
  | { type: "style"; values: Record<string, string> }
);

/** `--tributary-accent` on the element becomes `--accent` in the frame, and so on. */
export const STYLE_NAMES = [
  "accent",
  "accent-strong",
  "on-accent",
  "ground",
  "surface",
  "text",
  "text-soft",
  "line",
  "radius",
  "font",
] as const;
