import "../../ui/style.css";
import "./admin.css";
import { useSignal } from "@preact/signals";
import type { Video } from "../../../shared/wire/api.ts";
import type { Report, ReportReason } from "../../../shared/wire/operator.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import { offer } from "../../files/save-target.ts";
import { InlineError } from "../../ui/error-view.tsx";
import { Figure } from "../../ui/figure.tsx";
import { FormField } from "../../ui/form-field.tsx";
import {
  formatBytes,
  formatDate,
  formatDateTime,
  formatLength,
  formatNumber,
} from "../../ui/format.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import { type Key, rich, t } from "../../words/words.ts";
import type { Operator, SiteState } from "./operator.ts";
import { RulesForm } from "./rules-form.tsx";

/** `/admin`: all videos, reports about them, and the site's rules, for people who have ADMIN_TOKEN. */
export function AdminPage({ operator }: { operator: Operator }) {
  const site = operator.site.value;
  const problem = operator.problem.value;
  return (
    <PageFrame>
      <h1>{t("admin.operator")}</h1>
      {problem !== null && <InlineError error={problem} />}
      <p class="hint" role="status">
        {operator.said.value}
      </p>
      {site === null ? (
        <TokenForm onToken={(token) => void operator.open(token)} />
      ) : (
        <Site site={site} operator={operator} />
      )}
    </PageFrame>
  );
}

function TokenForm({ onToken }: { onToken(token: string): void }) {
  const token = useSignal("");
  return (
    <form
      class="card form"
      onSubmit={(event) => {
        event.preventDefault();
        onToken(token.value);
      }}
    >
      <FormField label={t("admin.operatorsToken")} hint={t("admin.theSitesAdminTokenIt")}>
        {(props) => (
          <input
            {...props}
            type="password"
            autocomplete="off"
            value={token.value}
            onInput={(event) => {
              token.value = event.currentTarget.value.trim();
            }}
          />
        )}
      </FormField>
      <div class="actions">
        <button type="submit" class="button button-primary" disabled={token.value === ""}>
          {t("admin.open")}
        </button>
      </div>
    </form>
  );
}

function Site({ site, operator }: { site: SiteState; operator: Operator }) {
  const { overview, reports, videos, cursor } = site;
  const count = (state: string) => String(overview.videos[state] ?? 0);
  return (
    <>
      <dl class="card figures">
        <Figure name={t("admin.finished")} value={count("ready")} />
        <Figure name={t("admin.beingMadeNow")} value={count("planned")} />
        <Figure name={t("admin.failed")} value={count("failed")} />
        <Figure name={t("admin.stored")} value={formatBytes(overview.bytesStored)} />
        <Figure name={t("admin.reports")} value={formatNumber(overview.reports)} />
      </dl>
      <section class="card" aria-labelledby="reports-title">
        <h2 id="reports-title" class="card-title">
          {t("admin.reports")}
        </h2>
        {reports.length === 0 && <p>{t("admin.nobodyHasReportedAVideo")}</p>}
        <ul class="admin-list">
          {reports.map((report) => (
            <ReportEntry key={report.id} report={report} operator={operator} />
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="rules-title">
        <h2 id="rules-title" class="card-title">
          {t("admin.rules")}
        </h2>
        <RulesForm
          key={JSON.stringify(overview.rules)}
          rules={overview.rules}
          onSave={(rules) => void operator.saveRules(rules)}
        />
      </section>
      <section class="card" aria-labelledby="videos-title">
        <h2 id="videos-title" class="card-title">
          {t("admin.allVideos")}
        </h2>
        <FormField label={t("admin.search")}>
          {(props) => (
            <input
              {...props}
              type="search"
              maxLength={200}
              onChange={(event) => void operator.find(event.currentTarget.value.trim())}
            />
          )}
        </FormField>
        <ul class="admin-list">
          {videos.map((video) => (
            <VideoEntry key={video.id} video={video} operator={operator} />
          ))}
        </ul>
        {cursor !== null && (
          <button type="button" class="button" onClick={() => void operator.more()}>
            {t("admin.showMore")}
          </button>
        )}
      </section>
      <Backup operator={operator} />
      <div class="actions">
        <button type="button" class="button" onClick={() => operator.leave()}>
          {t("admin.leave")}
        </button>
      </div>
    </>
  );
}

const REASONS: Record<ReportReason, Key> = {
  illegal: "admin.againstTheLaw",
  copyright: "admin.workOfOthers",
  privacy: "admin.showsSomebodyWhoDidNot",
  harmful: "admin.harmful",
  other: "admin.somethingElse",
};

function ReportEntry({ report, operator }: { report: Report; operator: Operator }) {
  const { id, videoId, reason, text, createdAtMs } = report;
  const title = report.title ?? videoId;
  return (
    <li>
      <div class="admin-what">
        <b>{t(REASONS[reason])}</b>: <a href={`/watch/${videoId}`}>{title}</a>
        <p class="admin-text">{text}</p>
        <p class="hint">{formatDateTime(createdAtMs)}</p>
      </div>
      <div class="actions">
        <button type="button" class="button" onClick={() => void operator.settle(id)}>
          {rich("admin.settledTheReportOf", {
            title,
            span: (inside) => <span class="visually-hidden">{inside}</span>,
          })}
        </button>
        {report.title !== null && (
          <Remove
            title={title}
            onRemove={() => void operator.remove({ id: videoId, title, state: "ready" })}
          />
        )}
      </div>
    </li>
  );
}

const STATES: Partial<Record<string, Key>> = {
  planned: "admin.beingMade",
  ready: "admin.isFinished",
};

const VISIBLE: Record<Visibility, Key> = {
  unlisted: "admin.forPeopleWithTheLink",
  listed: "admin.isListed",
  private: "admin.isPrivate",
};

function stateText(state: string): string {
  const key = STATES[state];
  return key === undefined ? state : t(key);
}

function VideoEntry({ video, operator }: { video: Video; operator: Operator }) {
  const { id, title, state, visibility, durationTicks, bytesStored, createdAtMs } = video;
  const plays = video.plays ?? 0;
  return (
    <li>
      <div class="admin-what">
        <a href={`/watch/${id}`}>{title}</a>
        <p class="hint">
          {[
            stateText(state),
            t(VISIBLE[visibility]),
            formatLength(durationTicks),
            formatBytes(bytesStored),
            t("admin.plays", { plays }),
            formatDate(createdAtMs),
          ].join(" · ")}
        </p>
      </div>
      <Remove title={title} onRemove={() => void operator.remove(video)} />
    </li>
  );
}

/** Button that asks before it removes; the button in its first place then keeps the video. */
function Remove({ title, onRemove }: { title: string; onRemove(): void }) {
  const isAsking = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          isAsking.value = !isAsking.value;
        }}
      >
        {isAsking.value ? t("admin.keep") : t("admin.delete")}
        <span class="visually-hidden"> {title}</span>
      </button>
      {isAsking.value && (
        <button type="button" class="button button-danger" onClick={onRemove}>
          {rich("admin.deleteForGood", {
            title,
            span: (inside) => <span class="visually-hidden">{inside}</span>,
          })}
        </button>
      )}
    </>
  );
}

function Backup({ operator }: { operator: Operator }) {
  const save = async () => {
    const backup = await operator.backup();
    if (backup === null) return;
    const day = new Date().toISOString().slice(0, 10);
    const file = new Blob([JSON.stringify(backup)], { type: "application/json" });
    offer(file, `tributary-catalogue-${day}.json`);
  };
  return (
    <section class="card" aria-labelledby="backup-title">
      <h2 id="backup-title" class="card-title">
        {t("admin.catalogue")}
      </h2>
      <p>{t("admin.titlesOwnersAndRulesAs")}</p>
      <div class="actions">
        <button type="button" class="button" onClick={() => void save()}>
          {t("admin.saveABackup")}
        </button>
        <label class="button file-button">
          {t("admin.bringBackWhatIsMissing")}
          <input
            class="visually-hidden"
            type="file"
            accept="application/json"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) void file.text().then((text) => operator.restore(text));
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
    </section>
  );
}
