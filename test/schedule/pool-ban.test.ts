import { describe, expect, test } from "vitest";
import { newPoolMember } from "../../edge/coordinator/schedule/verify/pool-counts.ts";
import { playlistInput } from "../../edge/coordinator/view.ts";
import { Hall } from "./hall.ts";

/** A job that a known member of a pool made alone. None of the three tasks was drawn for an audit. */
function assembling(): Hall {
  const hall = new Hall(3, { verify: "adaptive" });
  hall.lot = 0.99;
  hall.join("member", 0.75);
  const holder = hall.state.holders.get("member");
  if (holder === undefined) throw new Error("no holder");
  const pool = newPoolMember({ memberId: "m", proven: 100 });
  hall.state.holders.set("member", { ...holder, agreed: 100, pool });
  for (const task of ["v-0", "v-1", "v-2"]) {
    hall.want("member", 1);
    hall.deliver("member", `${task}_1`);
  }
  expect(hall.state.job.state).toBe("assembling");
  return hall;
}

const doubts = (hall: Hall) => {
  return hall.state.job.notices.filter(({ code }) => code === "PARTS_DOUBTED");
};

describe("a member that lied in another job", () => {
  test("has its parts made again, even where the playlists are being written", () => {
    const hall = assembling();
    hall.send({ type: "pool-ban", memberId: "m" });
    expect(hall.state.job.state).toBe("running");
    expect([...hall.state.tasks.values()].map(({ state }) => state)).toEqual(
      Array.from({ length: 3 }, () => "ready"),
    );
    hall.send({ type: "chore-done", kind: "assemble", forState: "assembling" });
    expect(hall.state.job.state).toBe("running");
    hall.join("owner", 0.75, "owner");
    for (const task of ["v-0", "v-1", "v-2"]) {
      hall.want("owner", 1);
      hall.deliver("owner", `${task}_2`);
    }
    expect(hall.state.job.state).toBe("assembling");
    expect(doubts(hall)).toEqual([]);
  });

  test("leaves a finished video as it is, and its owner is told once which parts are in doubt", () => {
    const hall = assembling();
    hall.send({ type: "chore-done", kind: "assemble", forState: "assembling" });
    expect(hall.state.job.state).toBe("ready");
    const published = playlistInput(hall.state).accepted.length;
    for (let time = 0; time < 2; time += 1) hall.send({ type: "pool-ban", memberId: "m" });
    expect(hall.state.job.state).toBe("ready");
    expect(playlistInput(hall.state).accepted).toHaveLength(published);
    expect(doubts(hall)).toMatchObject([{ code: "PARTS_DOUBTED", atSeconds: 0 }]);
    expect(doubts(hall)[0]?.message).toContain("3 parts");
  });

  test("says nothing of parts that were proven", () => {
    const hall = assembling();
    hall.send({ type: "chore-done", kind: "assemble", forState: "assembling" });
    for (const [id, task] of hall.state.tasks) {
      const verification = { state: "verified" as const, by: "hash" as const, excluded: [] };
      hall.state.tasks.set(id, { ...task, verification });
    }
    hall.send({ type: "pool-ban", memberId: "m" });
    expect(doubts(hall)).toEqual([]);
  });
});
