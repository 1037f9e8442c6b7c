/** color_space (VP9 Bitstream & Decoding Process Specification, 7.2.2) by matrix_coefficients. */
const COLOUR_SPACES: Record<number, number> = { 1: 2, 5: 1, 6: 3 };
const SYNC_CODE = [0x49, 0x83, 0x42];

/**
 * A packet of VP9 that states its colours, where decoders go by what the stream says. Coded pictures stay.
 *
 * @returns the packet itself where no key picture begins it; null where colours cannot be stated: another
 *   profile than 0, full range, RGB, and pictures that begin anew without saying their colours
 */
export function statedVp9Packet(
  packet: Uint8Array<ArrayBuffer>,
  matrix: number,
): Uint8Array<ArrayBuffer> | null {
  const [head = 0, ...next] = packet.subarray(0, 5);
  // frame_marker, and both bits of the profile (6.2).
  if (head >> 4 !== 0b1000) return null;
  const [showsOther, isDelta, isShown] = [head & 8, head & 4, head & 2];
  if (showsOther) return packet;
  if (isDelta) {
    const isIntraOnly = !isShown && (next[0] ?? 0) >> 7 === 1;
    return isIntraOnly ? null : packet;
  }
  const colours = next[3] ?? 0;
  const [space, isFull] = [colours >> 5, (colours & 0x10) !== 0];
  const stated = COLOUR_SPACES[matrix];
  const isSound = SYNC_CODE.every((byte, at) => next[at] === byte);
  if (!isSound || stated === undefined || space === 7 || isFull) return null;
  const copy = packet.slice();
  copy[4] = (stated << 5) | (colours & 0x1f);
  return copy;
}
