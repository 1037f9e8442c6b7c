import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Claim,
  claimsOf,
  move,
  NOT_VERIFIED,
  type Verification,
  type VerificationEvent,
} from "../../edge/coordinator/schedule/verify/verification.ts";
import { verifiedSchema } from "../../shared/job/job.ts";

const claim = (holderId: string): Claim => ({ holderId, digest: `of ${holderId}`, agreed: 2 });
const moved = (...events: VerificationEvent[]): Verification => events.reduce(move, NOT_VERIFIED);
const accepted = (standing: "unverified" | "audit-due" | "verified") =>
  ({ type: "accepted", standing }) as const;
const DISPUTE = {
  type: "undone",
  claims: [claim("one"), claim("two")],
  excluded: ["one", "two"],
} as const;

describe("a result", () => {
  test("of a contributor is audited and verified", () => {
    const audited = [accepted("audit-due"), { type: "audit-began" }] as const;
    expect(moved(...audited).state).toBe("auditing");
    expect(moved(...audited, { type: "audits-ended" }).state).toBe("audit-due");
    expect(moved(...audited, { type: "verified", by: "hash" })).toEqual({
      state: "verified",
      by: "hash",
      excluded: [],
    });
  });

  test("that nobody trusted looked at may be drawn later, one that is proven is not", () => {
    expect(moved(accepted("unverified"), { type: "drawn" }).state).toBe("audit-due");
    for (const by of ["gate", "sampled", "evidence", "hash", "picture"] as const) {
      const drawn = moved(accepted("audit-due"), { type: "verified", by }, { type: "drawn" });
      const isProof = by === "hash" || by === "picture";
      expect(drawn.state, by).toBe(isProof ? "verified" : "audit-due");
    }
  });

  test("has evidence until it is drawn anew, undone or made anew", () => {
    const evidenced = moved(accepted("audit-due"), { type: "audit-began" }, { type: "evidenced" });
    expect(evidenced).toMatchObject({ state: "audit-due", evidence: true });
    expect(move(evidenced, { type: "audit-began" })).toMatchObject({ evidence: true });
    expect(move(evidenced, accepted("audit-due"))).toMatchObject({ evidence: false });
    expect(moved(accepted("unverified"), { type: "evidenced" }).state).toBe("unverified");
  });

  test("that disagrees with another is disputed until a further one is verified", () => {
    const disputed = moved(accepted("audit-due"), { type: "audit-began" }, DISPUTE);
    expect(disputed).toMatchObject({ state: "disputed", excluded: ["one", "two"] });
    const third = move(disputed, accepted("audit-due"));
    expect(third).toMatchObject({ state: "audit-due", claims: [claim("one"), claim("two")] });
    // The third maker is banned before its audit. The first two claims are still disputed.
    expect(move(third, { type: "undone", excluded: ["three"] })).toMatchObject({
      state: "disputed",
      claims: [claim("one"), claim("two")],
      excluded: ["one", "two", "three"],
    });
    expect(claimsOf(move(third, { type: "verified", by: "hash" }))).toEqual([]);
  });

  test("that is undone leaves nothing but who must not make it again", () => {
    const undone = moved(accepted("verified"), { type: "undone", excluded: ["one"] });
    expect(undone).toEqual({
      state: "unverified",
      excluded: ["one"],
      pair: null,
      vouched: false,
    });
  });
});

test("two leases are a pair until one of them has a result", () => {
  const paired = moved({ type: "paired", leaseIds: ["v-0_1", "v-0_2"] });
  expect(paired).toMatchObject({ state: "unverified", pair: ["v-0_1", "v-0_2"] });
  expect(move(paired, accepted("unverified"))).toMatchObject({ pair: null });
  const disputed = moved(accepted("audit-due"), DISPUTE);
  expect(move(disputed, { type: "paired", leaseIds: ["v-0_3", "v-0_4"] })).toBe(disputed);
});

test("whatever happens: claims stay until a result is verified, and who is excluded stays so", () => {
  const name = fc.constantFrom("one", "two", "three");
  const event: fc.Arbitrary<VerificationEvent> = fc.oneof(
    fc.constant({ type: "paired", leaseIds: ["v-0_1", "v-0_2"] } as const),
    fc.constantFrom(accepted("unverified"), accepted("audit-due"), accepted("verified")),
    fc.constantFrom({ type: "drawn" }, { type: "audit-began" }, { type: "audits-ended" } as const),
    fc.constantFrom({ type: "evidenced" }, { type: "vouched", isVouched: true } as const),
    fc.record({
      type: fc.constant("verified" as const),
      by: fc.constantFrom(...verifiedSchema.options),
    }),
    fc.record({
      type: fc.constant("undone" as const),
      claims: fc.array(name.map(claim), { maxLength: 2 }),
      excluded: fc.array(name, { maxLength: 2 }),
    }),
    fc.record({ type: fc.constant("excluded" as const), holderId: name }),
  ) as fc.Arbitrary<VerificationEvent>;
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      let now = NOT_VERIFIED;
      for (const each of events) {
        const before = structuredClone(now);
        const next = move(now, each);
        expect(now).toEqual(before);
        expect(next.excluded).toEqual(expect.arrayContaining(now.excluded));
        expect(new Set(next.excluded).size).toBe(next.excluded.length);
        if (next.state !== "verified" && each.type !== "accepted") {
          expect(claimsOf(next)).toEqual(expect.arrayContaining(claimsOf(now)));
        }
        if (next.state === "verified" && now.state !== "verified") {
          expect(["verified", "accepted"]).toContain(each.type);
        }
        now = next;
      }
    }),
  );
});
