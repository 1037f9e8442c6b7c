/** The part of a holder's connection that is used here: a hibernating WebSocket's, or one's over HTTP requests. */
export interface Wire {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Where the connection outlives the object's memory. */
  serializeAttachment?(attachment: object): void;
}
