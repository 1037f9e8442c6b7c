/** OBU types (AV1 specification, 6.2.2). */
export const OBU = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  frame: 6,
} as const;

export interface Obu {
  type: number;
  /** With its header. */
  whole: Uint8Array;
  body: Uint8Array;
}

/** The OBUs of a packet (5.3). One without a stated size is taken to fill the rest of the packet. */
export function* obus(packet: Uint8Array): Generator<Obu> {
  let at = 0;
  while (at < packet.length) {
    const header = packet[at] ?? 0;
    let body = at + ((header & 4) === 0 ? 1 : 2);
    let size = packet.length - body;
    if ((header & 2) !== 0) {
      size = 0;
      for (let shift = 0; shift < 56; shift += 7) {
        const byte = packet[body++] ?? 0;
        size += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) break;
      }
    }
    const end = body + size;
    const type = (header >> 3) & 15;
    yield { type, whole: packet.subarray(at, end), body: packet.subarray(body, end) };
    at = end;
  }
}
