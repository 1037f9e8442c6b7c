import type { PoolPatch, PoolRules } from "../../../shared/wire/pool.ts";

/** A pool's rules with a patch applied: what the patch leaves out stays. */
export function changedRules(
  before: PoolRules,
  { maxMembers, maxJobsEach, servers }: NonNullable<PoolPatch["rules"]>,
): PoolRules {
  return {
    maxMembers: maxMembers ?? before.maxMembers,
    maxJobsEach: maxJobsEach ?? before.maxJobsEach,
    servers: servers ?? before.servers,
  };
}
