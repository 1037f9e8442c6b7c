/** Headers are short; slices are not read beyond theirs. */
const LONGEST_HEADER_BYTES = 512;

/** Reads the bits of a NAL unit's head, without its emulation prevention bytes (ITU-T H.264, 7.4.1). */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  /** @param skipBytes in front of the first bit, such as the NAL unit's header */
  constructor(unit: Uint8Array, skipBytes: number) {
    const clean: number[] = [];
    const end = Math.min(unit.length, LONGEST_HEADER_BYTES);
    for (let i = skipBytes, zeros = 0; i < end; i++) {
      const byte = unit[i] ?? 0;
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      clean.push(byte);
    }
    this.#bytes = Uint8Array.from(clean);
  }

  /** More was read than is there; what was missing was read as zeros. */
  get exhausted(): boolean {
    return this.#bit > this.#bytes.length * 8;
  }

  /** Bits read so far, of what follows `skipBytes`. */
  get position(): number {
    return this.#bit;
  }

  u(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const byte = this.#bytes[this.#bit >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#bit & 7))) & 1);
      this.#bit++;
    }
    return value;
  }

  flag(): boolean {
    return this.u(1) === 1;
  }

  /** ue(v), 9.1. */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && !this.exhausted && this.u(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.u(zeros);
  }

  /** se(v), 9.1.1. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
