import { type ReadonlySignal, signal } from "@preact/signals";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { Video } from "../../../shared/wire/api.ts";
import {
  type CatalogueBackup,
  catalogueBackupSchema,
  type Overview,
  type Report,
  type SiteRules,
} from "../../../shared/wire/operator.ts";
import type { EdgeClient } from "../../edge-client.ts";
import type { OperatorClient } from "../../operator-client.ts";
import { t } from "../../words/words.ts";

/** Key in sessionStorage: the token is kept as long as the tab is open. */
const TOKEN_KEY = "tributary.operator";

export interface SiteState {
  overview: Overview;
  reports: Report[];
  videos: Video[];
  /** Cursor of the next page of videos; null: there is none. */
  cursor: string | null;
}

/** State and actions of the operator's page. Methods never throw; an error shows in `problem`. */
export class Operator {
  readonly #client: EdgeClient;
  readonly #operator: OperatorClient;
  readonly #site = signal<SiteState | null>(null);
  readonly #problem = signal<WireError | null>(null);
  readonly #said = signal("");
  #token = sessionStorage.getItem(TOKEN_KEY) ?? "";
  #search = "";

  constructor(client: EdgeClient, operator: OperatorClient) {
    this.#client = client;
    this.#operator = operator;
  }

  /** Null before the token was accepted. */
  get site(): ReadonlySignal<SiteState | null> {
    return this.#site;
  }
  get problem(): ReadonlySignal<WireError | null> {
    return this.#problem;
  }
  /** Text about the last action. */
  get said(): ReadonlySignal<string> {
    return this.#said;
  }

  /** Opens the page with a token; default: the one kept in this tab. */
  async open(token = this.#token): Promise<void> {
    if (token === "") return;
    await this.#do(async () => {
      this.#token = token;
      await this.#read();
      sessionStorage.setItem(TOKEN_KEY, token);
    });
  }

  leave(): void {
    sessionStorage.removeItem(TOKEN_KEY);
    this.#token = "";
    this.#site.value = null;
  }

  find(search: string): Promise<void> {
    this.#search = search;
    return this.#do(() => this.#read());
  }

  /** Adds the next page of videos. */
  more(): Promise<void> {
    return this.#do(async () => {
      const site = this.#site.value;
      if (site?.cursor == null) return;
      const page = await this.#videos(site.cursor);
      this.#site.value = { ...site, videos: [...site.videos, ...page.videos], cursor: page.cursor };
    });
  }

  saveRules(rules: SiteRules): Promise<void> {
    return this.#do(async () => {
      await this.#operator.saveRules(this.#token, rules);
      await this.#read();
      this.#said.value = t("admin.theRulesAreSaved");
    });
  }

  settle(id: number): Promise<void> {
    return this.#do(async () => {
      await this.#operator.settleReport(this.#token, id);
      await this.#read();
      this.#said.value = t("admin.theReportIsOffThe");
    });
  }

  /** Deletes a video for good; one that is being made is cancelled first. */
  remove({ id, title, state }: Pick<Video, "id" | "title" | "state">): Promise<void> {
    return this.#do(async () => {
      if (state === "planned") await this.#client.cancelJob(id, this.#token);
      await this.#client.deleteVideo(id, this.#token).catch((thrown: unknown) => {
        if (toWireError(thrown).code !== "NOT_FOUND") throw thrown;
      });
      await this.#read();
      this.#said.value = t("admin.isDeleted", { title });
    });
  }

  /** All rows of the catalogue; null where they could not be fetched. */
  async backup(): Promise<CatalogueBackup | null> {
    let made: CatalogueBackup | null = null;
    await this.#do(async () => {
      made = await this.#operator.backUpCatalogue(this.#token);
    });
    return made;
  }

  restore(text: string): Promise<void> {
    return this.#do(async () => {
      const backup = catalogueBackupSchema.parse(JSON.parse(text));
      const added = await this.#operator.restoreCatalogue(this.#token, backup);
      await this.#read();
      this.#said.value = t("admin.rowsWereAdded", { added });
    });
  }

  async #read(): Promise<void> {
    const [overview, reports, page] = await Promise.all([
      this.#operator.overview(this.#token),
      this.#operator.reports(this.#token),
      this.#videos(null),
    ]);
    this.#site.value = { overview, reports, ...page };
  }

  #videos(cursor: string | null) {
    return this.#client.listVideos(cursor, this.#search, undefined, this.#token);
  }

  async #do(work: () => Promise<void>): Promise<void> {
    this.#problem.value = null;
    this.#said.value = "";
    try {
      await work();
    } catch (thrown) {
      this.#problem.value = toWireError(thrown);
    }
  }
}
