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
import { formatBytes, formatLength } from "../../ui/format.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import type { Operator, SiteState } from "./operator.ts";
import { RulesForm } from "./rules-form.tsx";

/** `/admin`: all videos, what is reported of them, and the site's rules, for who has ADMIN_TOKEN. */
export function AdminPage({ operator }: { operator: Operator }) {
  const site = operator.site.value;
  const problem = operator.problem.value;
  return (
    <PageFrame>
      <h1>Operator</h1>
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
      <FormField
        label="Operator's token"
        hint="The site's ADMIN_TOKEN. It is kept until this tab is closed."
      >
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
          Open
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
        <Figure name="Finished" value={count("ready")} />
        <Figure name="Being made" value={count("planned")} />
        <Figure name="Failed" value={count("failed")} />
        <Figure name="Stored" value={formatBytes(overview.bytesStored)} />
        <Figure name="Reports" value={String(overview.reports)} />
      </dl>
      <section class="card" aria-labelledby="reports-title">
        <h2 id="reports-title" class="card-title">
          Reports
        </h2>
        {reports.length === 0 && <p>Nobody has reported a video.</p>}
        <ul class="admin-list">
          {reports.map((report) => (
            <ReportEntry key={report.id} report={report} operator={operator} />
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="rules-title">
        <h2 id="rules-title" class="card-title">
          Rules
        </h2>
        <RulesForm
          key={JSON.stringify(overview.rules)}
          rules={overview.rules}
          onSave={(rules) => void operator.saveRules(rules)}
        />
      </section>
      <section class="card" aria-labelledby="videos-title">
        <h2 id="videos-title" class="card-title">
          All videos
        </h2>
        <FormField label="Search">
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
            Show more
          </button>
        )}
      </section>
      <Backup operator={operator} />
      <div class="actions">
        <button type="button" class="button" onClick={() => operator.leave()}>
          Leave
        </button>
      </div>
    </>
  );
}

const REASONS: Record<ReportReason, string> = {
  illegal: "Against the law",
  copyright: "Somebody else's work",
  privacy: "Shows somebody who did not agree",
  harmful: "Harmful",
  other: "Something else",
};

function ReportEntry({ report, operator }: { report: Report; operator: Operator }) {
  const { id, videoId, reason, text, createdAtMs } = report;
  const title = report.title ?? videoId;
  return (
    <li>
      <div class="admin-what">
        <b>{REASONS[reason]}</b>: <a href={`/watch/${videoId}`}>{title}</a>
        <p class="admin-text">{text}</p>
        <p class="hint">{new Date(createdAtMs).toLocaleString()}</p>
      </div>
      <div class="actions">
        <button type="button" class="button" onClick={() => void operator.settle(id)}>
          Settled<span class="visually-hidden">: the report of {title}</span>
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

const STATES: Record<string, string> = {
  planned: "being made",
  ready: "finished",
};

const VISIBLE: Record<Visibility, string> = {
  unlisted: "for people with the link",
  listed: "listed",
  private: "private",
};

function VideoEntry({ video, operator }: { video: Video; operator: Operator }) {
  const { id, title, state, visibility, durationTicks, bytesStored, createdAtMs } = video;
  const plays = video.plays ?? 0;
  return (
    <li>
      <div class="admin-what">
        <a href={`/watch/${id}`}>{title}</a>
        <p class="hint">
          {[
            STATES[state] ?? state,
            VISIBLE[visibility],
            formatLength(durationTicks),
            formatBytes(bytesStored),
            plays === 1 ? "1 play" : `${plays} plays`,
            new Date(createdAtMs).toLocaleDateString(),
          ].join(" · ")}
        </p>
      </div>
      <Remove title={title} onRemove={() => void operator.remove(video)} />
    </li>
  );
}

/** Asks once more; the first button becomes the one that keeps. */
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
        {isAsking.value ? "Keep" : "Delete"}
        <span class="visually-hidden"> {title}</span>
      </button>
      {isAsking.value && (
        <button type="button" class="button button-danger" onClick={onRemove}>
          Delete for good<span class="visually-hidden">: {title}</span>
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
        Catalogue
      </h2>
      <p>
        Titles, owners and rules as one file. The videos, their captions and their pictures lie in
        storage, which has backups of its own.
      </p>
      <div class="actions">
        <button type="button" class="button" onClick={() => void save()}>
          Save a backup
        </button>
        <label class="button file-button">
          Bring back what is missing
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
