import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { type SocketTicketResponse, socketTicketSchema } from "../../shared/wire/api.ts";
import { coordinatorOf, jobNotFound, unwrap } from "../coordinator/coordinator-stub.ts";
import { readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isJobId } from "../http/auth.ts";
import { bearerRequired } from "../http/bearer.ts";
import { openTicket, sealTicket, TICKET_LIFE_MS } from "../http/socket-ticket.ts";
import { describe } from "../openapi/describe.ts";

/** How lease holders connect to a job's coordinator: they get a ticket with a token, and a socket with the ticket. */
export const socketRoutes = new Hono<AppEnv>();

socketRoutes.post(
  "/:id/ticket",
  describe({
    tag: "Helpers",
    id: "socketTicket",
    summary: "A ticket that opens a job's socket",
    detail:
      "For lease holders, each time before they connect to `/api/jobs/ID/socket?ticket=TICKET`. It names no holder and may be used by one socket or several, within its minute and the token's limits.",
    access: "job",
    answers: { 201: socketTicketSchema },
    errors: ["UNAUTHORIZED", "JOB_NOT_FOUND", "LINK_EXPIRED", "RATE_LIMITED"],
  }),
  readLimited,
  bearerRequired,
  async (c) => {
    const jobId = c.req.param("id");
    const speaker = unwrap(await coordinatorOf(c.env, jobId).identify(c.var.token));
    const expiresAtMs = Date.now() + TICKET_LIFE_MS;
    const ticket = sealTicket(c.env, { jobId, ...speaker, expiresAtMs });
    const made: SocketTicketResponse = { ticket, expiresAtMs };
    return c.json(made, 201, { "cache-control": "no-store" });
  },
);

/** Without a valid ticket, the coordinator is not woken. */
socketRoutes.get("/:id/socket", async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new TributaryError("REQUEST_INVALID", "A WebSocket is expected here.");
  }
  const jobId = c.req.param("id");
  if (!isJobId(jobId)) throw jobNotFound();
  const text = c.req.query("ticket");
  if (text === undefined) return outdatedSocket();
  if (openTicket(c.env, text, jobId, Date.now()) === null) {
    throw new TributaryError("UNAUTHORIZED", "The ticket does not open this socket (any more).");
  }
  const response = await coordinatorOf(c.env, jobId).fetch(c.req.raw);
  if (response.status === 404) throw jobNotFound();
  if (response.status === 401) {
    throw new TributaryError("UNAUTHORIZED", "The token no longer opens this job.");
  }
  if (response.status === 429) throw new TributaryError("RATE_LIMITED", "Too many sockets.");
  return response;
});

/** Refuses pages and programs from before there were tickets. They expect the refusal on the socket. */
function outdatedSocket(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const message = "This page or program is too old for the server: load its current version.";
  server.send(JSON.stringify({ type: "error", code: "PROTOCOL_OUTDATED", message }));
  server.close(1008, "PROTOCOL_OUTDATED");
  return new Response(null, { status: 101, webSocket: client });
}
