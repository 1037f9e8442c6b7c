import type { SyncWriter } from "./file-mounts.ts";

/** Bytes are gathered to blocks of this size, then handed to the browser as a Blob. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * A file that grows as Blobs, which browsers move out of memory as they see fit. It can also be written to at
 * earlier positions: muxers write forwards, and at the end go back to fill in a length.
 */
export class BlobWriter implements SyncWriter {
  readonly #limitBytes: number;
  readonly #blocks: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  #sizeBytes = 0;
  /** The limit was reached; what came after is lost. */
  full = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  write(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.#limitBytes) {
      this.full = true;
      // Emscripten turns what is thrown in an operation into a failed write, which ends ffmpeg.
      throw new RangeError("limit reached");
    }
    let done = 0;
    while (done < bytes.length) {
      const at = position + done;
      const offset = at % BLOCK_BYTES;
      const part = bytes.subarray(done, done + BLOCK_BYTES - offset);
      this.#writeBlock(Math.floor(at / BLOCK_BYTES), offset, part);
      done += part.length;
    }
    this.#sizeBytes = Math.max(this.#sizeBytes, position + bytes.length);
  }

  /** All that was written. The writer must not be used afterwards. */
  finish(type: string): Blob {
    const parts = this.#blocks.map((block, i) => {
      const length = Math.min(BLOCK_BYTES, this.#sizeBytes - i * BLOCK_BYTES);
      return block instanceof Blob ? block.slice(0, length) : block.subarray(0, length);
    });
    return new Blob(parts, { type });
  }

  #writeBlock(index: number, offset: number, part: Uint8Array): void {
    while (this.#blocks.length <= index) {
      this.#freezeBefore(this.#blocks.length);
      this.#blocks.push(new Uint8Array(BLOCK_BYTES));
    }
    const block = this.#blocks[index];
    if (block instanceof Blob) {
      const end = offset + part.length;
      this.#blocks[index] = new Blob([block.slice(0, offset), part.slice(), block.slice(end)]);
    } else {
      block?.set(part, offset);
    }
  }

  #freezeBefore(index: number): void {
    const block = this.#blocks[index - 1];
    if (block instanceof Uint8Array) this.#blocks[index - 1] = new Blob([block]);
  }
}
