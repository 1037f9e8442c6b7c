/**
 * nodejs_compat has Node's Buffer. The Workers types declare the global as `any`, which keeps
 * this part of @types/node's interface from being merged.
 */
interface Buffer {
  toString(encoding?: BufferEncoding, start?: number, end?: number): string;
}
