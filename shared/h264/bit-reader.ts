/** Nothing beyond this is read: parameter sets are short, and only the headers of slices are needed. */
const LONGEST_HEADER_BYTES = 512;

/** Reads the bits of a NAL unit's head, without its emulation prevention bytes (ITU-T H.264, 7.4.1). */
export class BitReader {
  readonly #unit: Uint8Array;
  readonly #end: number;
  #next: number;
  /** Zero bytes before the next one. */
  #zeros = 0;
  #byte = 0;
  #bit = 0;
  #isExhausted = false;

  /** @param skipBytes in front of the first bit, such as the NAL unit's header */
  constructor(unit: Uint8Array, skipBytes: number) {
    this.#unit = unit;
    this.#end = Math.min(unit.length, LONGEST_HEADER_BYTES);
    this.#next = skipBytes;
  }

  /** Whether more was read than is there. Missing bits read as zeros. */
  get exhausted(): boolean {
    return this.#isExhausted;
  }

  /** Bits read so far, counted from the end of `skipBytes`. */
  get position(): number {
    return this.#bit;
  }

  u(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit & 7;
      if (bit === 0) this.#byte = this.#read();
      value = value * 2 + ((this.#byte >> (7 - bit)) & 1);
      this.#bit++;
    }
    return value;
  }

  #read(): number {
    if (this.#zeros >= 2 && this.#unit[this.#next] === 3) {
      this.#next++;
      this.#zeros = 0;
    }
    if (this.#next >= this.#end) {
      this.#isExhausted = true;
      return 0;
    }
    const byte = this.#unit[this.#next] ?? 0;
    this.#next++;
    this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    return byte;
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
