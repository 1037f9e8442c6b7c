import { sha256 } from "@noble/hashes/sha2.js";
import { TributaryError } from "../../job/errors.ts";
import { sourceChanged } from "./source-errors.ts";

const EDGE_BYTES = 1024 * 1024;

/**
 * Refuses files that are empty or nothing but text, with an error that says what they are.
 * @throws TributaryError SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function refuseNonMedia(file: Blob): Promise<void> {
  if (file.size === 0)
    throw new TributaryError("SOURCE_EMPTY", "The file is empty: it has 0 bytes.");
  const head = await readBytes(file, 0, Math.min(file.size, 4096));
  const text = asText(head);
  if (text === null) return;
  const isPage = /^\s*(<!doctype html|<html|<\?xml|<head|<body)/i.test(text);
  throw new TributaryError(
    "SOURCE_UNREADABLE",
    isPage
      ? "The file is a web page, not a video. The download it came from probably failed."
      : "The file is plain text, not a video.",
  );
}

/**
 * Hex SHA-256 over size, first and last MiB: cheap for any size, and tells whether the same file was
 * picked again. Not `crypto.subtle`, which pages on plain http do not have.
 */
export async function fingerprint(file: Blob): Promise<string> {
  const size = new TextEncoder().encode(`${file.size}\n`);
  const first = await readBytes(file, 0, Math.min(file.size, EDGE_BYTES));
  const last = await readBytes(file, Math.max(0, file.size - EDGE_BYTES), file.size);
  const digest = sha256.create().update(size).update(first).update(last).digest();
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @throws TributaryError SOURCE_CHANGED when the file is no longer what was picked. */
export async function readBytes(file: Blob, start: number, end: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(start, end).arrayBuffer());
  } catch (cause) {
    throw sourceChanged(cause);
  }
}

/** The bytes as text; null when they are not just text. */
function asText(bytes: Uint8Array): string | null {
  for (const byte of bytes) {
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127) return null;
  }
  try {
    // A multi-byte character may be cut at the end.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
