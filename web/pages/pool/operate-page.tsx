import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { toWireError } from "../../../shared/job/errors.ts";
import type { PoolLinkKind, PoolOverview } from "../../../shared/wire/pool.ts";
import { PoolClient } from "../../pool-client.ts";
import { CopyField } from "../../ui/copy-field.tsx";
import { ERROR_TEXTS } from "../../ui/error-texts.ts";
import { Figure } from "../../ui/figure.tsx";
import { FormField } from "../../ui/form-field.tsx";
import { formatCount } from "../../ui/format.ts";
import { PageFrame } from "../../ui/page-frame.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { HistoryPlot } from "./history-plot.tsx";

const LOOK_EVERY_MS = 5_000;

/** The page of whoever runs a pool: members, queue, use, links. */
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
      const { title, what } = ERROR_TEXTS[toWireError(thrown).code];
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
      problem.value = ERROR_TEXTS[toWireError(thrown).code].what;
    }
    await look();
  };
  const addLink = (kind: PoolLinkKind, label: string) =>
    act(async () => {
      const { url } = await client.addLink(poolId, token, { kind, label });
      made.value = { label: kind === "join" ? "Link for helpers" : "Link for owners", url };
    });
  const shown = overview.value;
  return (
    <PageFrame>
      <div class="pool-page pool-operate">
        <p role="status" class="form-problem">
          {problem.value}
        </p>
        {shown === null ? (
          <p class="hint">Looking at the pool…</p>
        ) : (
          <>
            <h1>{shown.name}</h1>
            <section class="card pool-card" aria-label="Now">
              <dl class="figures">
                <Figure name="Computers here" value={String(shown.members)} />
                <Figure name="At work" value={String(shown.working)} />
                <Figure name="Videos waiting or being made" value={String(shown.jobs)} />
                <Figure
                  name="Video made"
                  value={`${(sum(shown.owners.map((each) => each.mediaSeconds)) / 60).toFixed(0)} min`}
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
              <h2 id="use-title">Use by owner</h2>
              <div class="table-frame">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Owner</th>
                      <th scope="col">Videos</th>
                      <th scope="col">Made by the pool</th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.owners.map(({ ownerId, jobs, mediaSeconds }) => (
                      <tr key={ownerId}>
                        <td>{ownerId.slice(-8)}</td>
                        <td>{jobs}</td>
                        <td>{(mediaSeconds / 60).toFixed(1)} min</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p class="hint">
                Limits: {shown.rules.maxMembers} computers at the same time,{" "}
                {shown.rules.maxJobsEach} waiting videos for each owner.
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
      <h2 id="links-title">Links</h2>
      <ul class="pool-links">
        {shown.links.map((link) => (
          <li key={link.linkId}>
            <span>
              <b>{link.kind === "join" ? "For helpers" : "For owners"}</b>
              {linkFacts(link)}
            </span>
            {!link.isClosed && (
              <button type="button" class="button" onClick={() => onEnd(link.linkId)}>
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      <FormField label="Name of a new link">
        {(props) => (
          <input
            {...props}
            type="text"
            maxLength={60}
            placeholder="Class 7b"
            value={label.value}
            onInput={(event) => {
              label.value = event.currentTarget.value;
            }}
          />
        )}
      </FormField>
      <div class="actions">
        <button type="button" class="button" onClick={() => onAdd("join", label.value)}>
          Link for helpers
        </button>
        <button type="button" class="button" onClick={() => onAdd("ask", label.value)}>
          Link for owners
        </button>
      </div>
      {made.value !== null && (
        <div class="made-link">
          <CopyField
            label={made.value.label}
            text={made.value.url}
            hint="It is shown this once. Whoever has it may use it."
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
  const until = new Date(expiresAtMs).toLocaleDateString("en", { dateStyle: "medium" });
  const facts = [
    isClosed ? "ended" : `until ${until}`,
    kind === "join" && formatCount(members, "computer"),
    lies > 0 && formatCount(lies, "wrong result"),
  ];
  const name = label === "" ? "" : ` ${label}`;
  return `${name}: ${facts.filter((fact) => fact !== false).join(", ")}`;
}

function Queue({ shown }: { shown: PoolOverview }) {
  return (
    <section class="card pool-card" aria-labelledby="queue-title">
      <h2 id="queue-title">Videos</h2>
      {shown.queue.length === 0 && <p class="hint">Nobody has asked for help yet.</p>}
      <ul class="pool-queue">
        {shown.queue.map((job) => (
          <li key={job.jobId}>
            <a href={`/watch/${job.jobId}`}>{job.title}</a>{" "}
            <span class="hint">
              {job.endedAtMs === null
                ? `${(job.remainingSeconds / 60).toFixed(1)} of ${(job.totalSeconds / 60).toFixed(1)} min left, ${formatCount(job.members, "computer")}`
                : "over"}
              {job.failures > 0 &&
                `, ${formatCount(job.failures, "piece")} failed and had to be made again`}
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
      <h2 id="members-title">Computers</h2>
      <div class="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col">Video made</th>
              <th scope="col">Checked</th>
              <th scope="col">
                <span class="visually-hidden">Send away</span>
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
                <td>{(member.given.mediaSeconds / 60).toFixed(1)} min</td>
                <td>
                  {member.record.byHash + member.record.byPicture} right
                  {member.record.lies > 0 && `, ${member.record.lies} wrong`}
                </td>
                <td>
                  {member.bannedAtMs === null && (
                    <button
                      type="button"
                      class="button"
                      aria-label={`Send ${member.name} away`}
                      onClick={() => onRemove(member.memberId)}
                    >
                      Send away
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
    return member.record.lies > 0 ? "out: wrong results" : "sent away";
  if (!member.connected) return `last here ${new Date(member.lastSeenAtMs).toLocaleString("en")}`;
  if (member.rests !== null) return "resting";
  return member.jobId === null ? "waiting" : "helping";
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
