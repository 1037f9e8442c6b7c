/** color_space (VP9 Bitstream & Decoding Process Specification, 7.2.2) by matrix_coefficients. */
const COLOUR_SPACES: Record<number, number> = { 1: 2, 5: 1, 6: 3 };
const SYNC_CODE = [0x49, 0x83, 0x42];

/**
 * Writes the colour space into a VP9 packet, for decoders that go by what the stream says. The coded pixels
 * stay the same.
 *
 * @param matrix matrix_coefficients (ISO/IEC 23091-2)
 * @returns a copy; the packet itself when it does not begin with a key frame; null where the colours cannot
 *   be stated: a profile other than 0, full range, RGB, an unknown matrix, or an intra-only frame (decoding
 *   can begin there, but its header has no colours)
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
