import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError } from "../../../shared/job/errors.ts";
import type { PoolLinkRequest, PoolOverview, PoolRules } from "../../../shared/wire/pool.ts";
import { PoolClient } from "../../pool-client.ts";
import { errorText } from "../../ui/error-texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { formatDateTime, formatNumber } from "../../ui/format.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import { t } from "../../words/words.ts";
import { HistoryPlot } from "./history-plot.tsx";
import { PoolLinks } from "./pool-links.tsx";
import { RulesForm } from "./rules-form.tsx";

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
  const addLink = (request: PoolLinkRequest) =>
    act(async () => {
      const { kind, url } = await client.addLink(poolId, token, request);
      made.value = {
        label: kind === "join" ? t("pool.linkForHelpers") : t("pool.linkForOwners"),
        url,
      };
    });
  const save = (rules: PoolRules) => act(() => client.change(poolId, token, { rules }));
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
                {shown.rules.servers > 0 && (
                  <Figure
                    name={t("pool.serversAtWork")}
                    value={formatNumber(shown.serversAtWork)}
                  />
                )}
                <Figure name={t("pool.videosWaiting")} value={formatNumber(shown.jobs)} />
                <Figure
                  name={t("pool.videoMade")}
                  value={t("pool.min", {
                    value: formatNumber(sum(shown.owners.map((each) => each.mediaSeconds)) / 60),
                  })}
                />
              </dl>
              <HistoryPlot history={shown.history} />
            </section>
            <PoolLinks
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
            </section>
            <RulesForm rules={shown.rules} onSave={save} />
          </>
        )}
      </div>
    </PageFrame>
  );
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
  if (member.rests !== null) return t("pool.isResting");
  return member.jobId === null ? t("pool.isWaiting") : t("pool.isHelping");
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
