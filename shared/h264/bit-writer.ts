/** Writes NAL units bit by bit; the counterpart of `BitReader`. */
export class BitWriter {
  readonly #bits: number[] = [];

  u(bits: number, value: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
  }

  flag(value: boolean): void {
    this.#bits.push(value ? 1 : 0);
  }

  /** ue(v), ITU-T H.264, 9.1. */
  ue(value: number): void {
    const length = Math.floor(Math.log2(value + 1));
    this.u(length, 0);
    this.u(length + 1, value + 1);
  }

  /**
   * The bits written so far as a NAL unit, with trailing bits and emulation prevention (7.3.2.11, 7.4.1).
   * @param header its first byte
   */
  nalUnit(header: number): Uint8Array<ArrayBuffer> {
    const bits = [...this.#bits, 1];
    const bytes = [header];
    for (let at = 0, zeros = 0; at < bits.length; at += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) byte = byte * 2 + (bits[at + bit] ?? 0);
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(bytes);
  }
}
