import { applyD1Migrations, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { hasEnded } from "../../shared/job/job.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import { type CreateJobResponse, videoCheckSchema } from "../../shared/wire/api.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { LeaseGrant, Put } from "../../shared/wire/lease.ts";
import { acceptedRows, namedKeys, served, storedAs } from "./accepted-objects.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  bytesOf,
  call,
  coordinator,
  createJob,
  eventually,
  hashed,
  lies,
  made,
  offered,
  plan,
  putBytes,
  ScriptedHolder,
  status,
} from "./scripted-holder.ts";
import {
  contributorHello,
  deliver,
  grantWithin,
  owned,
  ownerWithChunks,
  share,
  workWhileThereIsWork,
} from "./scripted-swarm.ts";

// Several hostile holders of one job act in random order, with the real coordinator, gate and storage.

beforeAll(async () => {
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
  await env.MEDIA.put(FOREIGN, "other bytes");
});
afterEach(() => {
  vi.useRealTimers();
});

/** Key of an object outside the job. */
const FOREIGN = "elsewhere";
const PROPERTY = { timeout: 600_000 };
const RUNS = 4;

const offers = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("honest", "lie") },
  {
    weight: 5,
    arbitrary: fc.constantFrom("length", "junk", "published", "init", "foreign"),
  },
);
const puts = fc.oneof(
  { weight: 3, arbitrary: fc.constant("right" as const) },
  { weight: 3, arbitrary: fc.constantFrom("wrong bytes", "wrong length", "moved") },
);

const step = fc.record({
  act: fc.oneof(
    // "work": a whole lease, from its grant to its commit.
    { weight: 6, arbitrary: fc.constant("work" as const) },
    { weight: 6, arbitrary: fc.constantFrom("take", "offer", "commit") },
    { weight: 5, arbitrary: fc.constant("put" as const) },
    { weight: 3, arbitrary: fc.constantFrom("fail", "release", "cancel", "leave") },
    { weight: 2, arbitrary: fc.constant("owner" as const) },
  ),
  who: fc.nat(2),
  which: fc.nat(1000),
  other: fc.nat(1000),
  offer: offers,
  put: puts,
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A signed PUT that is kept and may be used at any later time. */
interface KeptPut {
  leaseId: string;
  put: Put;
  output: MadeOutput;
}

class HostileHolder {
  readonly socket: ScriptedHolder;
  readonly grants: LeaseGrant[] = [];
  /** The last offer of each lease. */
  readonly offers = new Map<string, MadeOutput[]>();
  readonly #kept: KeptPut[];
  readonly #heard = new Map<string, number>();

  constructor(job: CreateJobResponse, kept: KeptPut[]) {
    this.#kept = kept;
    this.socket = new ScriptedHolder(job);
    this.socket.onMessage = (message) => this.#hear(message);
  }

  get isOut(): boolean {
    return this.socket.closeCode !== null;
  }

  /** Sends a message about a lease, and waits for the answer, which always comes. */
  async ask(leaseId: string, say: () => void): Promise<void> {
    const before = this.#heard.get(leaseId) ?? 0;
    say();
    await eventually(() => {
      if (!this.isOut) expect(this.#heard.get(leaseId) ?? 0).toBeGreaterThan(before);
    });
  }

  #hear(message: CoordinatorMessage): void {
    if (message.type === "grant") this.grants.push(...message.grants);
    if (!("leaseId" in message)) return;
    const { leaseId } = message;
    if (message.type === "uploads") {
      for (const put of message.puts) {
        const output = this.offers.get(leaseId)?.[put.output];
        if (output !== undefined) this.#kept.push({ leaseId, put, output });
      }
    }
    this.#heard.set(leaseId, (this.#heard.get(leaseId) ?? 0) + 1);
  }
}

/** A job under attack, with the conditions that must hold after each step. */
class Siege {
  readonly #job: CreateJobResponse;
  readonly #owner: ScriptedHolder;
  readonly #link: string;
  readonly #kept: KeptPut[] = [];
  readonly #holders = new Map<number, HostileHolder>();
  /** Versions of the accepted objects already checked, by key. Each write to storage changes the version. */
  readonly #seen = new Map<string, string>();
  /**
   * Whether attackers use a hole of the local storage endpoint: by an unsigned header it copies any object over any
   * other.
   */
  readonly #hole: boolean;
  /** Successes of the attackers: results accepted, objects replaced in storage. */
  accepted = 0;
  replaced = 0;

  private constructor(job: CreateJobResponse, owner: ScriptedHolder, link: string, hole: boolean) {
    this.#job = job;
    this.#owner = owner;
    this.#link = link;
    this.#hole = hole;
  }

  static async begin(verify: "off" | "adaptive", hole: boolean): Promise<Siege> {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    owner.send({ type: "settings", settings: { verify } });
    const siege = new Siege(job, owner, await share(job, { maxContributors: 100 }), hole);
    // At first the attackers get a result accepted; with the hole they also replace an object.
    const first = { who: 0, which: 0, other: 1, offer: "honest", put: "right" } as const;
    while (siege.accepted === 0) await siege.run({ ...first, act: "work" });
    if (hole) await siege.run({ ...first, act: "put" });
    return siege;
  }

  async run(each: Step): Promise<void> {
    if (each.act === "owner") {
      const grant = await grantWithin(this.#owner, 100);
      if (grant !== null) await deliver(this.#owner, grant);
    } else if (each.act === "put") {
      const kept = this.#kept[each.which % Math.max(1, this.#kept.length)];
      // Uses a URL that any of them ever had; in most cases all URLs of its lease.
      if (kept !== undefined)
        await this.#put(kept.leaseId, each, each.other % 3 === 0 ? kept : null);
    } else {
      const holder = await this.#holder(each.who);
      if (holder !== null) await this.#act(holder, each);
    }
    await this.check();
  }

  /** Expects accepted objects to be unchanged, and playlists to name no others. */
  async check(): Promise<void> {
    const rows = await acceptedRows(this.#job);
    const accepted = new Set(rows.flatMap(({ key, initKey }) => [key, initKey]));
    for (const { key, sizeBytes, sha256, provenance } of rows) {
      if (this.#seen.has(key)) continue;
      if (provenance.role === "contributor") this.accepted += 1;
      expect(namedHashes(key)?.sha256).toBe(sha256);
      if (!this.#hole) expect(await storedAs(key)).toMatchObject({ sizeBytes, sha256 });
    }
    for (const key of accepted) {
      const version = (await env.MEDIA.head(key))?.version;
      const before = this.#seen.get(key);
      if (before === undefined || before !== version) {
        const shown = await served(key);
        const isReplaced = this.#hole && shown === "OBJECT_REPLACED";
        if (isReplaced) this.replaced += 1;
        else expect([key, shown]).toEqual([key, "as named"]);
      }
      this.#seen.set(key, version ?? "");
      if (!this.#hole && before !== undefined) expect([key, version]).toEqual([key, before]);
    }
    for (const key of await namedKeys(this.#job)) expect(accepted).toContain(key);
  }

  /** The attackers leave, and the owner makes the rest. */
  async end(): Promise<void> {
    for (const { socket, isOut } of this.#holders.values()) if (!isOut) socket.close();
    for (let round = 0; round < 6; round += 1) {
      await workWhileThereIsWork(this.#owner);
      if ((await status(this.#job)).state === "ready") break;
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 91_000 });
      await runDurableObjectAlarm(coordinator(this.#job.jobId));
    }
    await eventually(async () => expect((await status(this.#job)).state).toBe("ready"));
    vi.useRealTimers();
    await this.check();
    const named = await namedKeys(this.#job);
    expect(named.length).toBeGreaterThan(plan.segments.length);
    for (const key of named) expect(await served(key)).toBe("as named");
    const headers = { authorization: `Bearer ${this.#job.ownerToken}` };
    const checked = await call(`/api/videos/${this.#job.jobId}/check`, { headers });
    expect(videoCheckSchema.parse(await checked.json()).ok).toBe(true);
  }

  /**
   * A holder by its number. One that was sent away joins again by the same link, as a new one. Null after the job's
   * end.
   */
  async #holder(index: number): Promise<HostileHolder | null> {
    const known = this.#holders.get(index);
    if (known?.isOut === false) return known;
    if (hasEnded((await status(this.#job)).state)) return null;
    const holder = new HostileHolder(this.#job, this.#kept);
    this.#holders.set(index, holder);
    await holder.socket.join(contributorHello(this.#link, 8));
    return holder;
  }

  async #act(holder: HostileHolder, each: Step): Promise<void> {
    const { socket, grants } = holder;
    if (each.act === "leave") {
      socket.close();
      this.#holders.delete(each.who);
    } else if (each.act === "cancel") {
      const answer = await owned(this.#job, "DELETE", "", undefined, this.#link);
      expect(answer.status).toBe(403);
    } else if (each.act === "take") {
      await this.#take(holder);
    } else if (each.act === "work") {
      const grant = await this.#take(holder);
      if (grant === undefined) return;
      await this.#say(holder, grant, { ...each, act: "offer" });
      await this.#put(grant.leaseId, each);
      await this.#say(holder, grant, { ...each, act: "commit" });
    } else {
      // One of its own last leases; in one case of ten any holder's.
      const all = [...this.#holders.values()].flatMap((other) => other.grants);
      const own = each.which % 10 === 0 ? all : grants.slice(-3);
      const grant = own[each.which % Math.max(1, own.length)];
      if (grant !== undefined) await this.#say(holder, grant, each);
    }
  }

  /** Undefined: no lease came, because each task is leased or waits. */
  async #take({ socket, grants }: HostileHolder): Promise<LeaseGrant | undefined> {
    const before = grants.length;
    socket.send({ type: "want", slots: 1 });
    const came = () => expect(grants.length).toBeGreaterThan(before);
    await vi.waitFor(came, { timeout: 500, interval: 10 }).catch(() => null);
    return grants[before];
  }

  async #say(holder: HostileHolder, grant: LeaseGrant, each: Step): Promise<void> {
    const { socket, offers: told } = holder;
    const { leaseId } = grant;
    if (each.act === "offer") {
      const outputs = await this.#outputs(grant, each);
      told.set(leaseId, outputs);
      const message = { type: "offer", leaseId, outputs: offered(outputs) } as const;
      await holder.ask(leaseId, () => socket.send(message));
    } else if (each.act === "commit") {
      await holder.ask(leaseId, () => socket.commit(leaseId, "ffmpeg-wasm"));
    } else if (each.act === "release") {
      socket.send({ type: "release", leaseId });
    } else {
      const message = "No.";
      socket.send({ type: "fail", leaseId, code: "ENCODE_FAILED", retryable: true, message });
    }
  }

  async #outputs({ task }: LeaseGrant, { offer, other }: Step): Promise<MadeOutput[]> {
    const honest = made(task.id);
    if (offer === "honest") return honest;
    if (offer === "lie") return lies.black[task.id] ?? [];
    if (offer === "foreign") {
      const from = plan.tasks.filter(({ kind }) => kind === task.kind);
      const foreign = made(from[other % from.length]?.id ?? "");
      return honest.map((output, index) => ({
        ...(foreign[index] ?? output),
        rendition: output.rendition,
        segment: output.segment,
      }));
    }
    const published = await acceptedRows(this.#job);
    return Promise.all(
      honest.map(async (output): Promise<MadeOutput> => {
        if ((output.kind === "init") !== (offer === "init")) return output;
        const junk = await hashed(output, crypto.getRandomValues(new Uint8Array(1 + (other % 50))));
        if (offer === "length") return { ...output, sizeBytes: output.sizeBytes + 1 };
        const theirs = published[other % Math.max(1, published.length)]?.sha256;
        // "init": the hashes of the init segment, with other bytes.
        if (offer === "init") return { ...output, base64: junk.base64 };
        return { ...junk, sha256: (offer === "published" && theirs) || output.sha256 };
      }),
    );
  }

  /** @param only the only URL to use; null: all URLs of the lease */
  async #put(leaseId: string, each: Step, only: KeptPut | null = null): Promise<void> {
    const ofLease = this.#kept.filter((kept) => kept.leaseId === leaseId);
    for (const kept of only === null ? ofLease : [only]) await this.#putOne(kept, each);
  }

  async #putOne({ put, output }: KeptPut, { act, other, put: said }: Step): Promise<void> {
    // With the hole, a URL that is used later always copies another object over its own.
    const how = this.#hole && act === "put" ? "moved" : said;
    let bytes = bytesOf(output);
    let { url, headers } = put;
    if (how === "wrong length") bytes = bytes.slice(1);
    if (how === "wrong bytes") bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    const keys = [...this.#seen.keys()];
    const target = keys[other % Math.max(1, keys.length)];
    if (how === "moved" && target !== undefined) {
      if (this.#hole) {
        const source = other % 2 === 0 ? target : FOREIGN;
        headers = { ...headers, "x-amz-copy-source": `/${env.S3_BUCKET}/${source}` };
      } else {
        const from = new URL(url).pathname;
        url = url.replace(from, from.replace(/\/v\/.*$/, `/${target}`));
      }
    }
    await putBytes({ ...put, url, headers }, bytes);
  }
}

const steps = fc.array(step, { minLength: 12, maxLength: 30, size: "max" });
const policy = fc.constantFrom("off" as const, "adaptive" as const);

/** Runs sieges. @returns what their attackers achieved */
async function besiege(hole: boolean) {
  const achieved = { accepted: 0, replaced: 0 };
  await fc.assert(
    fc.asyncProperty(policy, steps, async (verify, acts) => {
      const siege = await Siege.begin(verify, hole);
      for (const each of acts) await siege.run(each);
      await siege.end();
      achieved.accepted += siege.accepted;
      achieved.replaced += siege.replaced;
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  return achieved;
}

test(
  "whatever hostile holders do, no accepted object is changed or removed, and playlists name no other",
  PROPERTY,
  async () => {
    const { accepted } = await besiege(false);
    expect(accepted).toBeGreaterThanOrEqual(RUNS);
  },
);

test(
  "where storage lets them overwrite their own objects, those are not served, and made again",
  PROPERTY,
  async () => {
    const { replaced } = await besiege(true);
    expect(replaced).toBeGreaterThanOrEqual(RUNS);
  },
);
