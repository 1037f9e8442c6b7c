import type { Box } from "../../isobmff/box.ts";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { readBytes } from "./sniff.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Makes files of the ISO family readable for mediabunny, which knows only one edit and one sample description of
 * each track. It gets a changed file of the same length: only the bytes of a few boxes are replaced, all others
 * are read from the file itself.
 */

/** Bytes that replace those of the file from an offset on. */
interface Patch {
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The most sample descriptions that a track uses. The file is opened once for each. */
export function descriptionCount({ tracks }: IsoLayout): number {
  return Math.max(1, ...tracks.map((track) => usedDescriptions(track)));
}

function usedDescriptions({ descriptions, descriptionRuns }: IsoTrack): number {
  const used = Math.max(0, ...descriptionRuns.map(({ description }) => description + 1));
  return Math.min(descriptions.length, used);
}

/** Whether a track has several edits; then its packets get their times by `edit-list.ts`. */
export function hasEdits(track: IsoTrack | undefined): track is IsoTrack {
  return track !== undefined && track.edits.filter(({ mediaTime }) => mediaTime >= 0).length > 1;
}

/**
 * The file as mediabunny can read it.
 * @param description index of the `stsd` entry that mediabunny shall see, in tracks that use several
 * @throws TributaryError SOURCE_CHANGED
 */
export async function readableFile(
  file: Blob,
  layout: IsoLayout,
  description: number,
): Promise<Blob> {
  // Version 1: signed.
  const patches: Patch[] = layout.unsignedRuns.map((at) => ({ at, bytes: Uint8Array.of(1) }));
  for (const track of layout.tracks) {
    const { edts, descriptions } = track;
    if (edts !== null && hasEdits(track)) {
      patches.push({ at: layout.moovAt + edts.start + 4, bytes: asciiBytes("free") });
    }
    const entry = descriptions[description] ?? descriptions[0];
    if (usedDescriptions(track) > 1 && entry !== undefined) {
      patches.push(await alone(file, layout.moovAt, descriptions, entry));
    }
  }
  return patched(file, patches);
}

/** Adds to each packet which sample description it has. */
export function withDescriptions(packets: PacketList, track: IsoTrack | undefined): PacketList {
  const runs = track?.descriptionRuns ?? [];
  if (runs.every(({ description }) => description === 0)) return packets;
  const descriptions = new Uint8Array(packets.seconds.length);
  for (const { firstSample, description } of runs) descriptions.fill(description, firstSample);
  return { ...packets, descriptions };
}

/** Makes `stsd` count one entry, which comes first; the bytes of those before it follow and count no more. */
async function alone(
  file: Blob,
  moovAt: number,
  entries: readonly Box[],
  entry: Box,
): Promise<Patch> {
  const first = entries[0] ?? entry;
  const before = await readBytes(file, moovAt + first.start, moovAt + entry.start);
  const own = await readBytes(file, moovAt + entry.start, moovAt + entry.end);
  const bytes = new Uint8Array(4 + own.length + before.length);
  bytes.set([0, 0, 0, 1]);
  bytes.set(own, 4);
  bytes.set(before, 4 + own.length);
  return { at: moovAt + first.start - 4, bytes };
}

function patched(file: Blob, patches: readonly Patch[]): Blob {
  if (patches.length === 0) return file;
  const parts: BlobPart[] = [];
  let at = 0;
  for (const patch of [...patches].sort((a, b) => a.at - b.at)) {
    parts.push(file.slice(at, patch.at), patch.bytes);
    at = patch.at + patch.bytes.length;
  }
  return new Blob([...parts, file.slice(at)]);
}

function asciiBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
