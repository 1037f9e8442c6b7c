import { TributaryError } from "../shared/job/errors.ts";
import {
  completeUploadResponseSchema,
  createUploadResponseSchema,
  uploadPartsResponseSchema,
} from "../shared/wire/api.ts";
import type { EdgeCalls } from "./edge-calls.ts";
import { sendParts } from "./part-upload.ts";

/** Uploads whole files to storage by presigned multipart. An interrupted upload can go on later. */

/** State of an upload as plain data, which can be stored as JSON. */
export interface UploadState {
  name: string;
  sizeBytes: number;
  /** The upload's handle, valid for a week. */
  upload: string;
  partSizeBytes: number;
  partCount: number;
  /** The parts that storage already has. */
  parts: { part: number; etag: string }[];
}

export interface WholeUploadOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((sentBytes: number) => void) | undefined;
  /** Called at the start and after each part, with the state to store for a resume. */
  onState?: ((state: UploadState) => void) | undefined;
  /** The last state that `onState` was given, for the same file. */
  resume?: UploadState | undefined;
}

/** Paths of the requests that begin and complete an upload. */
interface UploadPlace {
  begin: string;
  complete: string;
  token: string | undefined;
}

/**
 * Uploads a file, or goes on with an upload.
 * @returns the upload's handle
 * @throws TributaryError SOURCE_CHANGED where `resume` belongs to another file; UPLOAD_FAILED; those of the calls
 */
export async function uploadWhole(
  edge: EdgeCalls,
  file: File,
  { begin, complete, token }: UploadPlace,
  { signal, onProgress, onState, resume }: WholeUploadOptions,
): Promise<string> {
  const { name, size: sizeBytes } = file;
  if (resume !== undefined && (resume.name !== name || resume.sizeBytes !== sizeBytes)) {
    throw new TributaryError("SOURCE_CHANGED", "The upload that was begun is of another file.");
  }
  const beginning = async (): Promise<UploadState> => {
    const options = { token, body: { name, sizeBytes }, signal };
    // A lost answer may begin a second upload; storage deletes the one without parts after a week.
    const created = await edge.callUntilHeard("POST", begin, createUploadResponseSchema, options);
    return { ...created, name, sizeBytes, parts: [] };
  };
  let state = resume ?? (await beginning());
  const { upload, partSizeBytes, partCount } = state;
  const bytesOf = (part: number): Blob =>
    file.slice((part - 1) * partSizeBytes, part * partSizeBytes);
  const tell = (): void => {
    onState?.(state);
    onProgress?.(state.parts.reduce((sum, { part }) => sum + bytesOf(part).size, 0));
  };
  tell();
  const sent = new Set(state.parts.map(({ part }) => part));
  await sendParts({
    parts: Array.from({ length: partCount }, (_, index) => index + 1).filter(
      (part) => !sent.has(part),
    ),
    bytesOf,
    urlOf: async (part) => {
      const body = { upload, parts: [part] };
      const schema = uploadPartsResponseSchema;
      const { parts } = await edge.call("POST", "/api/uploads/parts", schema, { body, signal });
      return parts[0]?.url ?? "";
    },
    onSent: (part, etag) => {
      const parts = [...state.parts, { part, etag }].sort((a, b) => a.part - b.part);
      state = { ...state, parts };
      tell();
    },
    signal,
  });
  const body = { upload, parts: state.parts };
  await edge.callUntilHeard("POST", complete, completeUploadResponseSchema, {
    token,
    body,
    signal,
  });
  return upload;
}
