/** What is used of a holder's connection: a hibernating WebSocket, or one over HTTP requests. */
export interface Wire {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Where the connection outlives the object's memory. */
  serializeAttachment?(attachment: object): void;
}
