import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { fromWireError, TributaryError } from "../../shared/job/errors.ts";
import {
  type CreatePoolResponse,
  createPoolRequestSchema,
  createPoolResponseSchema,
  type PoolLink,
  poolFactsSchema,
  poolLinkRequestSchema,
  poolLinkSchema,
  poolOverviewSchema,
  poolPatchSchema,
  poolTicketSchema,
} from "../../shared/wire/pool.ts";
import { rateLimited, readLimited, siteKeyRequired } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken, hashToken, isJobId, newJobId, newToken } from "../http/auth.ts";
import { bearerRequired } from "../http/bearer.ts";
import { openPoolTicket, sealPoolTicket } from "../http/pool-seals.ts";
import { TICKET_LIFE_MS } from "../http/socket-ticket.ts";
import { jsonBody } from "../http/validated.ts";
import { isOperator } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import type { LinkRecord } from "../pool/model/records.ts";
import type { PoolResult } from "../pool/pool.ts";
import { poolOf } from "../pool/pool-stub.ts";

/** `/api/pools`: pools of machines that join once and help with many videos. */
export const poolRoutes = new Hono<AppEnv>();

const NO_STORE = { "cache-control": "no-store" } as const;
const DAY_MS = 86_400_000;

/** Pools may be made by everybody who may create jobs, and by the site's operator. */
const poolCreator = createMiddleware<AppEnv>(async (c, next) => {
  if (isOperator(c.env, bearerToken(c.req.header("authorization")))) return next();
  return siteKeyRequired(c, next);
});

poolRoutes.post(
  "/",
  describe({
    tag: "Pools",
    id: "createPool",
    summary: "Make a pool of helpers' machines",
    detail:
      "Answers with three links: members lend their machines by the first, owners of videos ask for help by the second, the third is the operator's page. Their tokens stand behind the `#` and are told this once.",
    access: "create",
    answers: { 201: createPoolResponseSchema },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"],
  }),
  rateLimited,
  poolCreator,
  jsonBody(createPoolRequestSchema),
  async (c) => {
    const { name, rules = {} } = c.req.valid("json");
    const { origin } = new URL(c.req.url);
    const poolId = newJobId();
    const operatorToken = newToken();
    const request = { label: "", expiresInDays: 365, maxMembers: 500 };
    const join = newLink(poolId, origin, { kind: "join", ...request });
    const ask = newLink(poolId, origin, { kind: "ask", ...request });
    await poolOf(c.env, poolId).create({
      ...{ poolId, name, rules, origin, operatorTokenHash: hashToken(operatorToken) },
      links: [join.record, ask.record],
    });
    const made: CreatePoolResponse = {
      poolId,
      operatorToken,
      operatorUrl: `${origin}/pool/${poolId}/operate#${operatorToken}`,
      joinUrl: join.link.url,
      askUrl: ask.link.url,
    };
    return c.json(made, 201, { ...NO_STORE, location: `/api/pools/${poolId}` });
  },
);

poolRoutes.get(
  "/:id",
  describe({
    tag: "Pools",
    id: "pool",
    summary: "A pool's name, and how many machines it has now",
    access: "pool",
    answers: { 200: poolFactsSchema },
    errors: ["UNAUTHORIZED", "POOL_NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  bearerRequired,
  async (c) =>
    c.json(opened(await poolOf(c.env, c.req.param("id")).facts(c.var.token)), 200, NO_STORE),
);

poolRoutes.get(
  "/:id/overview",
  describe({
    tag: "Pools",
    id: "poolOverview",
    summary: "Members, queue, links, use by owner, and history of a pool",
    access: "pool-operator",
    answers: { 200: poolOverviewSchema },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  bearerRequired,
  async (c) =>
    c.json(opened(await poolOf(c.env, c.req.param("id")).overview(c.var.token)), 200, NO_STORE),
);

poolRoutes.patch(
  "/:id",
  describe({
    tag: "Pools",
    id: "changePool",
    summary: "Change a pool's name or rules",
    access: "pool-operator",
    answers: { 200: poolOverviewSchema },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND"],
  }),
  bearerRequired,
  jsonBody(poolPatchSchema),
  async (c) => {
    const pool = poolOf(c.env, c.req.param("id"));
    return c.json(opened(await pool.change(c.var.token, c.req.valid("json"))), 200, NO_STORE);
  },
);

poolRoutes.delete(
  "/:id",
  describe({
    tag: "Pools",
    id: "endPool",
    summary: "Close a pool and forget it",
    detail: "Its members go; videos that it helps with go on without it.",
    access: "pool-operator",
    answers: { 204: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    opened(await poolOf(c.env, c.req.param("id")).end(c.var.token));
    return c.body(null, 204);
  },
);

poolRoutes.post(
  "/:id/links",
  describe({
    tag: "Pools",
    id: "addPoolLink",
    summary: "Make another link for members or for owners",
    detail:
      "Owners by one link share its part of the pool, and a lie of one of its members counts against the others: give classes, clubs and people links of their own.",
    access: "pool-operator",
    answers: { 201: poolLinkSchema },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND", "RATE_LIMITED"],
  }),
  bearerRequired,
  jsonBody(poolLinkRequestSchema),
  async (c) => {
    const poolId = c.req.param("id");
    const { link, record } = newLink(poolId, new URL(c.req.url).origin, c.req.valid("json"));
    opened(await poolOf(c.env, poolId).addLink(c.var.token, record));
    return c.json(link, 201, NO_STORE);
  },
);

poolRoutes.delete(
  "/:id/links/:linkId",
  describe({
    tag: "Pools",
    id: "endPoolLink",
    summary: "End a link; members that came by it go",
    access: "pool-operator",
    answers: { 204: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    const { id, linkId } = c.req.param();
    opened(await poolOf(c.env, id).closeLink(c.var.token, linkId));
    return c.body(null, 204);
  },
);

poolRoutes.delete(
  "/:id/members/:memberId",
  describe({
    tag: "Pools",
    id: "removePoolMember",
    summary: "Send a machine away for good",
    access: "pool-operator",
    answers: { 204: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "POOL_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    const { id, memberId } = c.req.param();
    opened(await poolOf(c.env, id).sendAway(c.var.token, memberId));
    return c.body(null, 204);
  },
);

poolRoutes.post(
  "/:id/ticket",
  describe({
    tag: "Pools",
    id: "poolTicket",
    summary: "A ticket that opens a pool's socket, for its members",
    access: "pool",
    answers: { 201: poolTicketSchema },
    errors: ["UNAUTHORIZED", "POOL_NOT_FOUND", "LINK_EXPIRED", "RATE_LIMITED"],
  }),
  readLimited,
  bearerRequired,
  async (c) => {
    const poolId = c.req.param("id");
    const { linkId } = opened(await poolOf(c.env, poolId).identify(c.var.token));
    const expiresAtMs = Date.now() + TICKET_LIFE_MS;
    const ticket = sealPoolTicket(c.env, { poolId, linkId, expiresAtMs });
    return c.json({ ticket, expiresAtMs }, 201, NO_STORE);
  },
);

/** Without a valid ticket, the pool's object is not woken. */
poolRoutes.get("/:id/socket", async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new TributaryError("REQUEST_INVALID", "A WebSocket is expected here.");
  }
  const poolId = c.req.param("id");
  const text = c.req.query("ticket") ?? "";
  if (!isJobId(poolId) || openPoolTicket(c.env, text, poolId, Date.now()) === null) {
    throw new TributaryError("UNAUTHORIZED", "The ticket does not open this socket (any more).");
  }
  const response = await poolOf(c.env, poolId).fetch(c.req.raw);
  if (response.status === 404) throw new TributaryError("POOL_NOT_FOUND", "There is no such pool.");
  if (response.status === 429) throw new TributaryError("RATE_LIMITED", "Too many sockets.");
  return response;
});

type LinkRequest = ReturnType<typeof poolLinkRequestSchema.parse>;

function newLink(
  poolId: string,
  origin: string,
  { kind, label, expiresInDays, maxMembers }: LinkRequest,
): { link: PoolLink; record: LinkRecord } {
  const token = newToken();
  const linkId = newJobId();
  const createdAtMs = Date.now();
  const expiresAtMs = createdAtMs + expiresInDays * DAY_MS;
  const path = kind === "join" ? `/pool/${poolId}` : `/pool/${poolId}/ask`;
  const shared = { kind, label, expiresAtMs };
  return {
    link: { linkId, ...shared, url: `${origin}${path}#${token}` },
    record: {
      ...{ id: linkId, ...shared, createdAtMs, maxMembers },
      tokenHash: hashToken(token),
      principal: hashToken(newToken()),
      ...{ lies: 0, proven: 0, isClosed: false },
    },
  };
}

function opened<T>(result: PoolResult<T>): T {
  if (result.ok) return result.value;
  throw fromWireError(result.error);
}
