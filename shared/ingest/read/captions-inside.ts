import type { InputVideoTrack } from "mediabunny";
import { TICKS_PER_SECOND } from "../../job/job.ts";
import { type Notice, notice } from "../../job/notice.ts";
import { packetsFrom } from "./packet-reader.ts";
import type { VideoIndex } from "./source-index.ts";

/**
 * Captions of American television lie inside pictures (CEA-608 and CEA-708 by ATSC A/53, part 4), whatever
 * the codec. They are not carried over; this module finds them for a notice.
 */

/** How much is read at the start: so many seconds, but at least one GOP, and at most MOST_BYTES. */
const START_SECONDS = 5;
const MOST_BYTES = 8 * 2 ** 20;
/** Further places that are looked at when the captions at the start are all padding. */
const LOOKS = 8;
const LOOK_SECONDS = 1;

/** @throws TributaryError CHUNK_UNREADABLE, or the signal's reason */
export async function captionsInside(
  track: InputVideoTrack,
  video: VideoIndex,
  signal: AbortSignal,
): Promise<Notice[]> {
  const count = video.packetBytes.length;
  const start = lookAt(video, 0, START_SECONDS);
  const nextKey = video.packetIsKey.indexOf(1, 1);
  const end = withinBytes(video, 0, Math.max(start, nextKey === -1 ? count : nextKey));
  let seen = await readLook(track, video, [0, end], signal);
  for (let look = 1; look <= LOOKS && seen.state === "empty" && end < count; look += 1) {
    const from = end + Math.floor(((count - end) * (look - 1)) / LOOKS);
    const to = withinBytes(video, from, lookAt(video, from, LOOK_SECONDS));
    seen = await readLook(track, video, [from, to], signal);
  }
  if (seen.state !== "filled") return [];
  const message =
    "The picture carries captions inside it (CEA-608 or CEA-708). They are not carried over.";
  return [notice("CAPTIONS_INSIDE_LEFT_OUT", message, seen.atSeconds)];
}

type Captions = "none" | "empty" | "filled";

async function readLook(
  track: InputVideoTrack,
  video: VideoIndex,
  [from, to]: readonly [number, number],
  signal: AbortSignal,
): Promise<{ state: Captions; atSeconds: number }> {
  let state: Captions = "none";
  let at = from;
  for await (const { data } of packetsFrom(track, video, from, to)) {
    signal.throwIfAborted();
    const found = captionsOf(data);
    const atSeconds = Math.max(0, (video.packetTicks[at] ?? 0) / TICKS_PER_SECOND);
    if (found === "filled") return { state: found, atSeconds };
    if (found === "empty") state = found;
    at += 1;
  }
  return { state, atSeconds: 0 };
}

/** The first packet, in decode order, that is at least `seconds` later than this one. */
function lookAt({ packetTicks }: VideoIndex, from: number, seconds: number): number {
  const until = (packetTicks[from] ?? 0) + seconds * TICKS_PER_SECOND;
  let to = from + 1;
  while (to < packetTicks.length && (packetTicks[to] ?? 0) < until) to += 1;
  return to;
}

function withinBytes({ packetBytes }: VideoIndex, from: number, to: number): number {
  let bytes = 0;
  for (let at = from; at < to; at += 1) {
    bytes += packetBytes[at] ?? 0;
    if (bytes > MOST_BYTES) return Math.max(from + 1, at);
  }
  return to;
}

/** "GA94" and the type of captions. Before it stands the ITU-T T.35 code of ATSC, or MPEG-2's user data code. */
const MARK = [0x47, 0x41, 0x39, 0x34, 0x03];
const BEFORE = [
  [0xb5, 0x00, 0x31],
  [0x00, 0x00, 0x01, 0xb2],
];

/** Whether a packet holds captions: "empty" means nothing but padding. */
export function captionsOf(packet: Uint8Array): Captions {
  let state: Captions = "none";
  const holds = (bytes: readonly number[], from: number) =>
    from >= 0 && bytes.every((byte, i) => packet[from + i] === byte);
  for (let at = packet.indexOf(0x47); at !== -1; at = packet.indexOf(0x47, at + 1)) {
    if (!holds(MARK, at)) continue;
    if (!BEFORE.some((bytes) => holds(bytes, at - bytes.length))) continue;
    state = "empty";
    if (isFilled(packet, at + MARK.length)) return "filled";
  }
  return state;
}

/** cc_data (CEA-708-E, 4.3.1): triples of flags and two bytes of data; padding is flagged as invalid or has no text. */
function isFilled(packet: Uint8Array, from: number): boolean {
  const flags = packet[from] ?? 0;
  if ((flags & 0x40) === 0) return false;
  let at = from + 2;
  const next = (): number => {
    // An emulation prevention byte of NAL units: a 3 after two zeros.
    if (packet[at] === 3 && packet[at - 1] === 0 && packet[at - 2] === 0) at += 1;
    return packet[at++] ?? 0;
  };
  for (let triple = flags & 0x1f; triple > 0; triple -= 1) {
    const [head, first, second] = [next(), next(), next()];
    const isValid = (head & 0xfc) === 0xfc;
    const isTelevision = (head & 2) === 0;
    if (isValid && (isTelevision ? ((first | second) & 0x7f) !== 0 : (first | second) !== 0))
      return true;
  }
  return false;
}
