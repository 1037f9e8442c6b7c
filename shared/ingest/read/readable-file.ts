import type { Box } from "../../isobmff/box.ts";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import type { IsoLayout } from "./iso-layout.ts";
import { readBytes } from "./sniff.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Files of the ISO family as mediabunny reads them rightly. It knows one edit and one sample description
 * a track; so it gets to see a file in which other ones stand, of the same length: only the bytes of a
 * few boxes differ, all others are read from the file itself.
 */

/** Bytes that stand in a file's place. */
interface Patch {
  at: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** How many descriptions samples of some track use: so many files are read. */
export function descriptionCount({ tracks }: IsoLayout): number {
  return Math.max(1, ...tracks.map((track) => usedDescriptions(track)));
}

function usedDescriptions({ descriptions, descriptionRuns }: IsoTrack): number {
  const used = Math.max(0, ...descriptionRuns.map(({ description }) => description + 1));
  return Math.min(descriptions.length, used);
}

/** A track with several edits; its packets get their times by `edit-list.ts`. */
export function hasEdits(track: IsoTrack | undefined): track is IsoTrack {
  return track !== undefined && track.edits.filter(({ mediaTime }) => mediaTime >= 0).length > 1;
}

/**
 * @param description which entry of `stsd` all samples seem to have, in tracks that have several
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

/** The packets with the sample descriptions that they have. */
export function withDescriptions(packets: PacketList, track: IsoTrack | undefined): PacketList {
  const runs = track?.descriptionRuns ?? [];
  if (runs.every(({ description }) => description === 0)) return packets;
  const descriptions = new Uint8Array(packets.seconds.length);
  for (const { firstSample, description } of runs) descriptions.fill(description, firstSample);
  return { ...packets, descriptions };
}

/** `stsd` with one entry; the others' bytes behind it are no longer counted. */
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
