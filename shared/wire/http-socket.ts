import { z } from "zod";

/**
 * A job's socket over plain HTTP requests, for holders whose proxy lets no WebSocket through. It carries
 * the same texts as a WebSocket would. Both sides number the texts that they send from 0: a request that
 * is sent again after a timeout brings nothing twice, nothing out of order and nothing less.
 */

/** More texts are left for the next request. */
export const MOST_TEXTS = 200;

export const openHttpSocketRequestSchema = z.object({ ticket: z.string().max(1_000) });
export const openHttpSocketResponseSchema = z.object({
  /** Opens this connection alone; the bearer token of all further requests. */
  connection: z.string(),
});

/** Texts of the holder. */
export const sendTextsRequestSchema = z.object({
  /** The number of the first one. */
  first: z.int().min(0),
  texts: z.array(z.string()).min(1).max(MOST_TEXTS),
});
export type SentTexts = z.infer<typeof sendTextsRequestSchema>;

/** Asks for texts of the coordinator; answered once there is one, or after some seconds. */
export const receiveTextsRequestSchema = z.object({
  /** How many the holder has: these are not needed any more. */
  have: z.int().min(0),
});
export const receivedTextsSchema = z.object({
  /** From number `have` on. */
  texts: z.array(z.string()),
  /** The connection is closed after these texts, with the code and reason of a WebSocket. */
  closed: z.object({ code: z.int(), reason: z.string() }).nullable(),
});
export type ReceivedTexts = z.infer<typeof receivedTextsSchema>;
