import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { JobSettingsPatch } from "../../shared/job/job.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist.ts";
import { outputsOfEqualSegments, planOfEqualSegments } from "./equal-segments.ts";
import { LoopingHolder } from "./looping-holder.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  createJob,
  eventually,
  lies,
  madeOutputs,
  playlist,
  status,
  until,
} from "./scripted-holder.ts";
import { ENGINE, ownerWithChunks, share } from "./scripted-swarm.ts";

// Real coordinator, gate, storage and holders. Some of the holders lie: their boxes are right, their frames are
// not.

const SEGMENTS = 32;
const plan = planOfEqualSegments(SEGMENTS);
let truth: MadeOutput[][];
/** The false outputs, which are the same for all liars. */
let lie: MadeOutput[][];

beforeAll(async () => {
  await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
  truth = await outputsOfEqualSegments(SEGMENTS, madeOutputs);
  lie = await outputsOfEqualSegments(SEGMENTS, lies.black);
});

/** Hash of each segment's media output. */
const media = (outputs: readonly MadeOutput[][]) =>
  outputs.map((each) => each.find(({ kind }) => kind === "media")?.sha256);

interface Helpers {
  names: number;
  /** Whether a helper's n-th result is a lie, counted from 1. */
  lies?: (result: number) => boolean;
  token: string;
  address?: string;
  /** Number of results after which a helper leaves, and another one joins. */
  stays?: number;
}

class Attack {
  told = 0;
  readonly job: CreateJobResponse;
  readonly #holders: LoopingHolder[] = [];

  private constructor(job: CreateJobResponse) {
    this.job = job;
  }

  /** A job with all chunks in storage and no holder connected. */
  static async begin(settings: JobSettingsPatch): Promise<Attack> {
    const job = await createJob(plan);
    const staging = await ownerWithChunks(job, { tasks: SEGMENTS });
    staging.send({ type: "settings", settings });
    await eventually(async () => expect((await status(job)).settings).toMatchObject(settings));
    staging.close();
    return new Attack(job);
  }

  helpers({ names, stays = Number.POSITIVE_INFINITY, ...habits }: Helpers): void {
    for (let nth = 0; nth < names; nth += 1) this.#helper({ names: 1, stays, ...habits });
  }

  #helper(helpers: Helpers): void {
    const { token, address, stays = 0, lies: isLie = () => false } = helpers;
    let results = 0;
    const outputs = ({ firstSegment }: { firstSegment: number }) => {
      results += 1;
      if (!isLie(results)) return truth[firstSegment] ?? [];
      this.told += 1;
      return lie[firstSegment] ?? [];
    };
    const holder: LoopingHolder = new LoopingHolder(this.job, outputs, {
      identity: { role: "contributor", engines: [ENGINE] },
      token,
      encodeMs: 20,
      ...(address === undefined ? {} : { address }),
      onStep: (step) => {
        if (step !== "encoding" || results < stays) return;
        holder.leave();
        this.#helper(helpers);
      },
    });
    this.#holders.push(holder);
  }

  owner(): void {
    const outputs = ({ firstSegment }: { firstSegment: number }) => truth[firstSegment] ?? [];
    this.#holders.push(
      new LoopingHolder(this.job, outputs, {
        identity: { role: "owner", engines: [ENGINE] },
        token: this.job.ownerToken,
        encodeMs: 100,
        hasSource: true,
      }),
    );
  }

  async ready(): Promise<JobStatus> {
    const ready = await until(this.job, "ready", 200_000);
    this.end();
    return ready;
  }

  /** Waits until everything is made and the job only awaits verification. */
  waits(): Promise<JobStatus> {
    const looks = async (): Promise<JobStatus> => {
      const now = await status(this.job);
      expect(now.awaitsVerification).toBe(true);
      return now;
    };
    return vi.waitFor(looks, { timeout: 200_000, interval: 100 });
  }

  end(): void {
    for (const holder of this.#holders) holder.leave();
  }

  /** Numbers of the wrong segments in the playlist. */
  async lies(): Promise<number[]> {
    const right = media(truth);
    const [rendition] = plan.video;
    const shown = parseMediaPlaylist(
      (await playlist(this.job, `${rendition?.id}/playlist.m3u8`)) || "#EXTM3U",
    ).segments;
    return shown.flatMap(({ uri }, index) => {
      return namedHashes(`/${uri}`)?.sha256 === right[index] ? [] : [index];
    });
  }
}

function wrong({ segments }: JobStatus): JobStatus["segments"] {
  const right = media(truth);
  return segments.filter(({ segment, sha256 }) => sha256 !== right[segment]);
}

const always = () => true;

describe("with the owner's tab there", { timeout: 300_000 }, () => {
  test("eight names of one link that tell the same lies: the link is closed, nothing is published", async () => {
    const attack = await Attack.begin({ verify: "adaptive" });
    const token = await share(attack.job);
    attack.owner();
    attack.helpers({ names: 8, lies: always, token });
    const ready = await attack.ready();
    expect(attack.told).toBeGreaterThan(8);
    expect([wrong(ready), await attack.lies()]).toEqual([[], []]);
    expect(ready.warnings).toEqual([expect.stringContaining("closed")]);
    const helpers = ready.holders.filter(({ role }) => role === "contributor");
    expect(new Set(helpers.map(({ trust }) => trust))).toEqual(new Set(["banned"]));
    for (const { verified, role } of ready.segments) {
      expect(role === "owner" || verified === "hash").toBe(true);
    }
  });

  test.each([
    ["always", always],
    ["after three right results", (result: number) => result > 3],
    ["to the end", (result: number) => result > 4],
  ])("one liar of eight, %s: out, and nothing is published", async (_, isLie) => {
    const attack = await Attack.begin({ verify: "adaptive" });
    const token = await share(attack.job);
    attack.owner();
    attack.helpers({ names: 1, lies: isLie, token });
    attack.helpers({ names: 7, token });
    const ready = await attack.ready();
    expect([wrong(ready), await attack.lies()]).toEqual([[], []]);
    // A lie that came after the end of its lease counts as nobody's result, so its helper may still be there.
    const out = ready.holders.filter(({ trust }) => trust === "banned");
    expect(out.length).toBeLessThanOrEqual(1);
    if (isLie === always) expect(out).toHaveLength(1);
  });

  test.each(["adaptive", "all"] as const)(
    "names that lie once, as the fourth of five, verified: %s",
    async (verify) => {
      const attack = await Attack.begin({ verify });
      const token = await share(attack.job, { maxContributors: 200 });
      attack.owner();
      attack.helpers({ names: 8, lies: (result) => result === 4, token, stays: 5 });
      const ready = await attack.ready();
      expect(attack.told).toBeGreaterThan(0);
      // With `adaptive`, a lie that is not sampled may get through, marked as "sampled" and not as compared. With
      // `all`, none does.
      for (const { verified } of wrong(ready))
        expect([verify, verified]).toEqual(["adaptive", "sampled"]);
      expect((await attack.lies()).length).toBe(wrong(ready).length);
      for (const { role, verified } of verify === "all" ? ready.segments : []) {
        expect(role === "owner" || verified === "hash").toBe(true);
      }
    },
  );
});

describe("with nobody trusted there, names that agree", { timeout: 300_000 }, () => {
  test.each([
    ["one link, one network", 1, ["203.0.113.1", "203.0.113.2"]],
    ["one link, two networks", 1, ["203.0.113.1", "198.51.100.1"]],
    ["two links, one network", 2, ["203.0.113.1", "203.0.113.2"]],
    ["two links, two networks", 2, ["203.0.113.1", "198.51.100.1"]],
  ])("prove nothing, and nothing is shown until the owner is back: %s", async (_, links, from) => {
    const attack = await Attack.begin({ verify: "adaptive" });
    const tokens = [await share(attack.job), await share(attack.job)];
    for (const [nth, address] of from.entries()) {
      const token = tokens[links === 1 ? 0 : nth] ?? "";
      attack.helpers({ names: 2, lies: always, token, address });
    }
    const waiting = await attack.waits();
    expect(waiting).toMatchObject({ state: "running", warnings: [] });
    expect(wrong(waiting)).toHaveLength(SEGMENTS);
    for (const { verified } of waiting.segments) expect(verified).toBe("gate");
    expect(await playlist(attack.job, "master.m3u8")).toBe("");
    attack.owner();
    const ready = await attack.ready();
    expect([wrong(ready), await attack.lies()]).toEqual([[], []]);
  });

  test("are published where the owner allows it, as evidence and with a warning, never under `all`", async () => {
    const publish = { unverified: "publish" } as const;
    const [adaptive, all] = [
      await Attack.begin({ verify: "adaptive", ...publish }),
      await Attack.begin({ verify: "all", ...publish }),
    ];
    for (const attack of [adaptive, all]) {
      for (const address of ["203.0.113.1", "198.51.100.1"]) {
        attack.helpers({ names: 2, token: await share(attack.job), address });
      }
    }
    const ready = await adaptive.ready();
    expect(ready.warnings).toEqual([expect.stringContaining("nobody trusted")]);
    const ways = new Set(ready.segments.map(({ verified }) => verified));
    expect(ways.has("evidence")).toBe(true);
    for (const way of ways) expect(["evidence", "gate"]).toContain(way);
    expect((await all.waits()).state).toBe("running");
    expect(await playlist(all.job, "master.m3u8")).toBe("");
    all.end();
  });
});
