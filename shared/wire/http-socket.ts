import { z } from "zod";

/**
 * A job's socket over plain HTTP requests, for lease holders behind a proxy that blocks WebSockets. It carries the same
 * texts as a WebSocket. Both sides number the texts that they send, from 0. So when a request is repeated after a
 * timeout, no text is lost, doubled or out of order.
 */

/** The most texts in one request. The others wait for the next one. */
export const MOST_TEXTS = 200;

export const openHttpSocketRequestSchema = z.object({ ticket: z.string().max(1_000) });
export const openHttpSocketResponseSchema = z.object({
  /** The bearer token of all further requests of this connection. It is valid for this connection only. */
  connection: z.string(),
});

/** Sends texts of the holder. */
export const sendTextsRequestSchema = z.object({
  /** The number of the first text. */
  first: z.int().min(0),
  texts: z.array(z.string()).min(1).max(MOST_TEXTS),
});
export type SentTexts = z.infer<typeof sendTextsRequestSchema>;

/** Asks for texts of the coordinator. Answered once there is one, or after some seconds. */
export const receiveTextsRequestSchema = z.object({
  /** The number of texts that the holder has received. The coordinator may drop these. */
  have: z.int().min(0),
});
export const receivedTextsSchema = z.object({
  /** The texts from number `have` on. */
  texts: z.array(z.string()),
  /** The connection is closed after these texts, with the code and reason of a WebSocket. */
  closed: z.object({ code: z.int(), reason: z.string() }).nullable(),
});
export type ReceivedTexts = z.infer<typeof receivedTextsSchema>;
