import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError } from "../../../shared/job/errors.ts";
import type { PoolLinkKind, PoolOverview } from "../../../shared/wire/pool.ts";
import { PoolClient } from "../../pool-client.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { errorText } from "../../ui/error-texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { formatDate, formatDateTime, formatNumber } from "../../ui/format.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { t } from "../../words/words.ts";
import { HistoryPlot } from "./history-plot.tsx";

const LOOK_EVERY_MS = 5_000;

/** Page of a pool's operator: members, queue, use, links. */
export function OperatePage({ poolId, token }: { poolId: string; token: string }) {
  const overview = useSignal<PoolOverview | null>(null);
  const problem = useSignal("");
  const made = useSignal<{ label: string; url: string } | null>(null);
  const client = new PoolClient(location.origin);
  const look = async () => {
    try {
      overview.value = await client.overview(poolId, token);
      problem.value = "";
    } catch (thrown) {
      const { title, what } = errorText(toWireError(thrown).code);
      problem.value = `${title}: ${what}`;
    }
  };
  useEffect(() => {
    void look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [poolId, token]);
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (thrown) {
      problem.value = errorText(toWireError(thrown).code).what;
    }
    await look();
  };
  const addLink = (kind: PoolLinkKind, label: string) =>
    act(async () => {
      const { url } = await client.addLink(poolId, token, { kind, label });
      made.value = {
        label: kind === "join" ? t("pool.linkForHelpers") : t("pool.linkForOwners"),
        url,
      };
    });
  const shown = overview.value;
  return (
    <PageFrame>
      <div class="pool-page pool-operate">
        <p role="status" class="form-problem">
          {problem.value}
        </p>
        {shown === null ? (
          <p class="hint">{t("pool.lookingAtThePool")}</p>
        ) : (
          <>
            <h1>{shown.name}</h1>
            <section class="card pool-card" aria-label={t("pool.now")}>
              <dl class="figures">
                <Figure name={t("pool.computersHere")} value={formatNumber(shown.members)} />
                <Figure name={t("pool.atWork")} value={formatNumber(shown.working)} />
                <Figure name={t("pool.videosWaiting")} value={formatNumber(shown.jobs)} />
                <Figure
                  name={t("pool.videoMade")}
                  value={t("pool.min", {
                    value: (sum(shown.owners.map((each) => each.mediaSeconds)) / 60).toFixed(0),
                  })}
                />
              </dl>
              <HistoryPlot history={shown.history} />
            </section>
            <Links
              shown={shown}
              made={made}
              onAdd={addLink}
              onEnd={(linkId) => act(() => client.endLink(poolId, token, linkId))}
            />
            <Queue shown={shown} />
            <Members
              shown={shown}
              onRemove={(id) => act(() => client.removeMember(poolId, token, id))}
            />
            <section class="card pool-card" aria-labelledby="use-title">
              <h2 id="use-title">{t("pool.useByOwner")}</h2>
              <div class="table-frame">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("pool.owner")}</th>
                      <th scope="col">{t("pool.videos")}</th>
                      <th scope="col">{t("pool.madeByThePool")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.owners.map(({ ownerId, jobs, mediaSeconds }) => (
                      <tr key={ownerId}>
                        <td>{ownerId.slice(-8)}</td>
                        <td>{jobs}</td>
                        <td>
                          {t("pool.min", { value: formatNumber(mediaSeconds / 60, 1, true) })}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p class="hint">
                {t("pool.limitsComputersAtTheSame", {
                  maxMembers: shown.rules.maxMembers,
                  maxJobsEach: shown.rules.maxJobsEach,
                })}
              </p>
            </section>
          </>
        )}
      </div>
    </PageFrame>
  );
}

function Links({
  shown,
  made,
  onAdd,
  onEnd,
}: {
  shown: PoolOverview;
  made: Signal<{ label: string; url: string } | null>;
  onAdd(kind: PoolLinkKind, label: string): void;
  onEnd(linkId: string): void;
}) {
  const label = useSignal("");
  return (
    <section class="card pool-card" aria-labelledby="links-title">
      <h2 id="links-title">{t("pool.links")}</h2>
      <ul class="pool-links">
        {shown.links.map((link) => (
          <li key={link.linkId}>
            <span>
              <b>{link.kind === "join" ? t("pool.forHelpers") : t("pool.forOwners")}</b>
              {linkFacts(link)}
            </span>
            {!link.isClosed && (
              <button type="button" class="button" onClick={() => onEnd(link.linkId)}>
                {t("pool.end")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <FormField label={t("pool.nameOfANewLink")}>
        {(props) => (
          <input
            {...props}
            type="text"
            maxLength={60}
            placeholder={t("pool.class7b")}
            value={label.value}
            onInput={(event) => {
              label.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <div class="actions">
        <button type="button" class="button" onClick={() => onAdd("join", label.value)}>
          {t("pool.linkForHelpers")}
        </button>
        <button type="button" class="button" onClick={() => onAdd("ask", label.value)}>
          {t("pool.linkForOwners")}
        </button>
      </div>
      {made.value !== null && (
        <div class="made-link">
          <CopyField
            label={made.value.label}
            text={made.value.url}
            hint={t("pool.itIsShownThisOnce")}
          />
          <div class="qr">
            <QrCode text={made.value.url} />
          </div>
        </div>
      )}
    </section>
  );
}

function linkFacts({
  kind,
  label,
  isClosed,
  expiresAtMs,
  members,
  lies,
}: PoolOverview["links"][number]): string {
  const until = formatDate(expiresAtMs);
  const facts = [
    isClosed ? t("pool.hasEnded") : t("pool.until", { until }),
    kind === "join" && t("pool.computersCounted", { count: members }),
    lies > 0 && t("pool.wrongResult", { count: lies }),
  ];
  const name = label === "" ? "" : ` ${label}`;
  return `${name}: ${facts.filter((fact) => fact !== false).join(t("ui.comma"))}`;
}

function Queue({ shown }: { shown: PoolOverview }) {
  return (
    <section class="card pool-card" aria-labelledby="queue-title">
      <h2 id="queue-title">{t("pool.videos")}</h2>
      {shown.queue.length === 0 && <p class="hint">{t("pool.nobodyHasAskedForHelp")}</p>}
      <ul class="pool-queue">
        {shown.queue.map((job) => (
          <li key={job.jobId}>
            <a href={`/watch/${job.jobId}`}>{job.title}</a>{" "}
            <span class="hint">
              {job.endedAtMs === null
                ? t("pool.ofMinLeft", {
                    value: formatNumber(job.remainingSeconds / 60, 1, true),
                    value2: formatNumber(job.totalSeconds / 60, 1, true),
                    members: t("pool.computersCounted", { count: job.members }),
                  })
                : t("pool.isOver")}
              {job.failures > 0 && t("pool.failedAndHadToBe", { count: job.failures })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Members({ shown, onRemove }: { shown: PoolOverview; onRemove(memberId: string): void }) {
  return (
    <section class="card pool-card" aria-labelledby="members-title">
      <h2 id="members-title">{t("pool.computers")}</h2>
      <div class="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">{t("pool.name")}</th>
              <th scope="col">{t("pool.state")}</th>
              <th scope="col">{t("pool.videoMade")}</th>
              <th scope="col">{t("pool.checked")}</th>
              <th scope="col">
                <span class="visually-hidden">{t("pool.sendAway")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.memberList.map((member) => (
              <tr key={member.memberId}>
                <td>
                  {member.name} <span class="hint">{member.device}</span>
                </td>
                <td>{stateOf(member)}</td>
                <td>
                  {t("pool.min", { value: formatNumber(member.given.mediaSeconds / 60, 1, true) })}
                </td>
                <td>
                  {t("pool.right", { count: member.record.byHash + member.record.byPicture })}
                  {member.record.lies > 0 && t("pool.wrong", { lies: member.record.lies })}
                </td>
                <td>
                  {member.bannedAtMs === null && (
                    <button
                      type="button"
                      class="button"
                      aria-label={t("pool.sendAway2", { name: member.name })}
                      onClick={() => onRemove(member.memberId)}
                    >
                      {t("pool.sendAway")}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function stateOf(member: PoolOverview["memberList"][number]): string {
  if (member.bannedAtMs !== null)
    return member.record.lies > 0 ? t("pool.outWrongResults") : t("pool.sentAway");
  if (!member.connected) return t("pool.lastHere", { value: formatDateTime(member.lastSeenAtMs) });
  if (member.rests !== null) return "resting";
  return member.jobId === null ? "waiting" : "helping";
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
