import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { TributaryError } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import {
  catalogueBackupSchema,
  overviewSchema,
  reportsSchema,
  restoredSchema,
  siteRulesSchema,
} from "../../shared/wire/operator.ts";
import {
  backupOf,
  deleteReport,
  listReports,
  overviewOf,
  restore,
  saveRules,
} from "../catalog/operator.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken } from "../http/auth.ts";
import { jsonBody, limitedBody } from "../http/validated.ts";
import { isOperator } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";

/** `/api/admin`, for people with the site's ADMIN_TOKEN. */
export const adminRoutes = new Hono<AppEnv>();

const NO_STORE = { "cache-control": "no-store" };
const ERRORS = ["UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"] as const;
/** The most bytes of a backup, which is enough for about ten thousand videos. */
const MOST_BACKUP_BYTES = 16 * 1024 * 1024;

/** @throws TributaryError UNAUTHORIZED, FORBIDDEN */
const operatorRequired = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) {
    throw new TributaryError("UNAUTHORIZED", "A token is missing: Authorization: Bearer ...");
  }
  if (!isOperator(c.env, token)) {
    throw new TributaryError("FORBIDDEN", "Only the site's operator may do this.");
  }
  await next();
});

adminRoutes.get(
  "/",
  describe({
    tag: "Operator",
    id: "overview",
    summary: "How many videos, how much storage, which rules",
    access: "operator",
    answers: { 200: overviewSchema },
    errors: ERRORS,
  }),
  rateLimited,
  operatorRequired,
  async (c) => c.json(await overviewOf(c.env.CATALOG), 200, NO_STORE),
);

adminRoutes.put(
  "/rules",
  describe({
    tag: "Operator",
    id: "saveRules",
    summary: "Set what holds for videos",
    detail:
      "Length, size and number hold for videos that are begun after it (`SITE_LIMIT`). What is older than `deleteAfterDays` is deleted within a day.",
    access: "operator",
    answers: { 200: siteRulesSchema },
    errors: [...ERRORS, "REQUEST_INVALID"],
  }),
  rateLimited,
  jsonBody(siteRulesSchema),
  operatorRequired,
  async (c) => {
    const rules = c.req.valid("json");
    await saveRules(c.env.CATALOG, rules);
    log("site-rules", { rules: JSON.stringify(rules) });
    return c.json(rules, 200, NO_STORE);
  },
);

adminRoutes.get(
  "/reports",
  describe({
    tag: "Operator",
    id: "listReports",
    summary: "What people have reported of videos, the oldest first",
    access: "operator",
    answers: { 200: reportsSchema },
    errors: ERRORS,
  }),
  rateLimited,
  operatorRequired,
  async (c) => c.json({ reports: await listReports(c.env.CATALOG) }, 200, NO_STORE),
);

adminRoutes.delete(
  "/reports/:report",
  describe({
    tag: "Operator",
    id: "settleReport",
    summary: "Take a report off the list",
    access: "operator",
    answers: { 204: null },
    errors: [...ERRORS, "NOT_FOUND"],
  }),
  rateLimited,
  operatorRequired,
  async (c) => {
    const id = Number(c.req.param("report"));
    if (!Number.isSafeInteger(id) || !(await deleteReport(c.env.CATALOG, id))) {
      throw new TributaryError("NOT_FOUND", "There is no such report.");
    }
    return c.body(null, 204);
  },
);

adminRoutes.get(
  "/catalogue",
  describe({
    tag: "Operator",
    id: "backUpCatalogue",
    summary: "All rows of the catalogue, as a backup",
    detail:
      "With the hashes of the owners' tokens, so that they still manage their videos. The videos' objects are storage's to back up.",
    access: "operator",
    answers: { 200: catalogueBackupSchema },
    errors: ERRORS,
  }),
  rateLimited,
  operatorRequired,
  async (c) => c.json(await backupOf(c.env.CATALOG), 200, NO_STORE),
);

adminRoutes.post(
  "/catalogue",
  describe({
    tag: "Operator",
    id: "restoreCatalogue",
    summary: "Add the rows of a backup that are missing",
    access: "operator",
    answers: { 200: restoredSchema },
    errors: [...ERRORS, "REQUEST_INVALID"],
  }),
  rateLimited,
  limitedBody(MOST_BACKUP_BYTES),
  operatorRequired,
  jsonBody(catalogueBackupSchema, { maxBytes: MOST_BACKUP_BYTES }),
  async (c) => {
    const added = await restore(c.env.CATALOG, c.req.valid("json"));
    log("restore-catalogue", { added });
    return c.json({ added }, 200, NO_STORE);
  },
);
