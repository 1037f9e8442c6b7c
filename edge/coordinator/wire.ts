/** The part of a holder's connection that is used here. It is a hibernating WebSocket or an `HttpConnection`. */
export interface Wire {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Present where the connection survives an eviction of the object. */
  serializeAttachment?(attachment: object): void;
}
