/**
 * Workers with nodejs_compat have Node's Buffer. The Workers types declare the global as `any`, so this part of the
 * interface in @types/node is not merged.
 */
interface Buffer {
  toString(encoding?: BufferEncoding, start?: number, end?: number): string;
}
