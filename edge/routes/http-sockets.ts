import { type Context, Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  openHttpSocketRequestSchema,
  receiveTextsRequestSchema,
  sendTextsRequestSchema,
} from "../../shared/wire/http-socket.ts";
import { coordinatorOf, unwrap } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerRequired } from "../http/bearer.ts";
import { openSocketKey, sealSocketKey } from "../http/http-socket-key.ts";
import { openTicket } from "../http/socket-ticket.ts";
import { limitedBody, parsedBody } from "../http/validated.ts";

/** A job's socket over plain HTTP requests (`shared/wire/http-socket.ts`), only for this project's lease holders. */
export const httpSocketRoutes = new Hono<AppEnv>();

/** The most bytes of a request: some messages of the largest size, escaped. */
const MAX_TEXTS_BYTES = 4 * 1024 * 1024;

const hidden = describeRoute({ hide: true });
const noStore = { "cache-control": "no-store" } as const;

httpSocketRoutes.post("/:id/http-socket", hidden, limitedBody(64 * 1024), async (c) => {
  const jobId = c.req.param("id");
  const { ticket } = await parsedBody(c, openHttpSocketRequestSchema);
  const coordinator = coordinatorOf(c.env, jobId);
  if (openTicket(c.env, ticket, jobId, Date.now()) === null) {
    throw new TributaryError("UNAUTHORIZED", "The ticket does not open this socket (any more).");
  }
  const address = c.req.header("cf-connecting-ip") ?? null;
  const opened = await coordinator.openHttpSocket({ ticket, url: c.req.url, address });
  const connection = sealSocketKey(c.env, { jobId, connectionId: unwrap(opened) });
  return c.json({ connection }, 201, noStore);
});

httpSocketRoutes.post(
  "/:id/http-socket/send",
  hidden,
  bearerRequired,
  limitedBody(MAX_TEXTS_BYTES),
  async (c) => {
    const connectionId = connectionOf(c);
    const sent = await parsedBody(c, sendTextsRequestSchema);
    const isTaken = await coordinatorOf(c.env, c.req.param("id")).receiveTexts(connectionId, sent);
    if (!isTaken) throw connectionLost();
    return c.body(null, 204);
  },
);

httpSocketRoutes.post(
  "/:id/http-socket/receive",
  hidden,
  bearerRequired,
  limitedBody(64 * 1024),
  async (c) => {
    const connectionId = connectionOf(c);
    const { have } = await parsedBody(c, receiveTextsRequestSchema);
    const texts = await coordinatorOf(c.env, c.req.param("id")).textsFor(connectionId, have);
    if (texts === null) throw connectionLost();
    return c.json(texts, 200, noStore);
  },
);

httpSocketRoutes.delete("/:id/http-socket", hidden, bearerRequired, async (c) => {
  await coordinatorOf(c.env, c.req.param("id")).closeHttpSocket(connectionOf(c));
  return c.body(null, 204);
});

/** @throws TributaryError UNAUTHORIZED where the token is not the key of a connection of this job */
function connectionOf(c: Context<AppEnv & { Variables: { token: string } }, "/:id/*">): string {
  const connectionId = openSocketKey(c.env, c.var.token, c.req.param("id") ?? "");
  if (connectionId !== null) return connectionId;
  throw new TributaryError("UNAUTHORIZED", "The token opens no connection of this job.");
}

function connectionLost(): TributaryError {
  return new TributaryError("NOT_FOUND", "The connection is closed.");
}
