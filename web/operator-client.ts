import { z } from "zod";
import {
  type CatalogueBackup,
  catalogueBackupSchema,
  type Overview,
  overviewSchema,
  type Report,
  reportsSchema,
  restoredSchema,
  type SiteRules,
  siteRulesSchema,
} from "../shared/wire/operator.ts";
import { EdgeCalls } from "./edge-calls.ts";

/** Typed calls to the API of the site's operator. */
export class OperatorClient {
  readonly #edge: EdgeCalls;

  /** @param origin of the site, no slash at the end */
  constructor(origin: string) {
    this.#edge = new EdgeCalls(origin);
  }

  /**
   * The operator's overview of the site.
   * @param token the site's ADMIN_TOKEN
   * @throws TributaryError FORBIDDEN, RATE_LIMITED
   */
  overview(token: string): Promise<Overview> {
    return this.#edge.call("GET", "/api/admin", overviewSchema, { token });
  }

  /** @throws TributaryError as `overview`, REQUEST_INVALID */
  saveRules(token: string, body: SiteRules): Promise<SiteRules> {
    return this.#edge.call("PUT", "/api/admin/rules", siteRulesSchema, { token, body });
  }

  /** @throws TributaryError as `overview` */
  async reports(token: string): Promise<Report[]> {
    return (await this.#edge.call("GET", "/api/admin/reports", reportsSchema, { token })).reports;
  }

  /** @throws TributaryError as `overview`, NOT_FOUND */
  async settleReport(token: string, id: number): Promise<void> {
    await this.#edge.call("DELETE", `/api/admin/reports/${id}`, z.unknown(), { token });
  }

  /**
   * All rows of the catalogue.
   * @throws TributaryError as `overview`
   */
  backUpCatalogue(token: string): Promise<CatalogueBackup> {
    return this.#edge.call("GET", "/api/admin/catalogue", catalogueBackupSchema, { token });
  }

  /**
   * Adds the rows that are missing in the catalogue.
   * @returns how many were added
   * @throws TributaryError as `overview`, REQUEST_INVALID
   */
  async restoreCatalogue(token: string, body: CatalogueBackup): Promise<number> {
    const path = "/api/admin/catalogue";
    return (await this.#edge.call("POST", path, restoredSchema, { token, body })).added;
  }
}
