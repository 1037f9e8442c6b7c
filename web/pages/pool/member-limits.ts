import { z } from "zod";
import {
  countBytes,
  type DayCount,
  type MemberLimits,
  type Surroundings,
} from "../../../shared/pool/limits.ts";
import { parseJson } from "../../../shared/wire/json.ts";
import { StringRecord } from "../../saved/string-record.ts";

/** The limits of this device's help, stored in this browser, and what the browser reports about power and activity. */

const KEPT = new StringRecord("tributary.pool-limits");
const hour = z.int().min(0).max(23);
const limitsSchema = z.object({
  slots: z.int().min(1).max(64),
  hours: z.object({ from: hour, to: hour }).nullable(),
  bytesADay: z.number().positive().nullable(),
  mainsOnly: z.boolean(),
  idleOnly: z.boolean(),
  screenOn: z.boolean(),
});
/** The limits, and a choice that only the page uses: whether the screen is kept on. */
export type KeptLimits = MemberLimits & { screenOn: boolean };
const countSchema = z.object({ day: z.string(), bytes: z.number() });

export function keptLimits(possibleSlots: number): KeptLimits {
  const parsed = limitsSchema.safeParse(parseJson(KEPT.read()["limits"] ?? ""));
  const none = { hours: null, bytesADay: null, mainsOnly: true, idleOnly: false, screenOn: false };
  const limits = parsed.success ? parsed.data : { slots: possibleSlots, ...none };
  return { ...limits, slots: Math.min(limits.slots, Math.max(1, possibleSlots)) };
}

export function keepLimits(limits: KeptLimits): void {
  KEPT.put("limits", JSON.stringify(limits), 4);
}

/**
 * Adds to the bytes sent and received today.
 * @returns the sum of today
 */
export function addBytes(bytes: number): number {
  const parsed = countSchema.safeParse(parseJson(KEPT.read()["day"] ?? ""));
  const before: DayCount = parsed.success ? parsed.data : { day: "", bytes: 0 };
  const now = new Date();
  const day = `${now.getFullYear()}-${now.getMonth() + 1}-${now.getDate()}`;
  const count = countBytes(before, day, bytes);
  if (bytes > 0 || before.day !== day) KEPT.put("day", JSON.stringify(count), 4);
  return count.bytes;
}

interface Idle extends EventTarget {
  readonly userState: "active" | "idle" | null;
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>;
}
interface IdleConstructor {
  new (): Idle;
  requestPermission(): Promise<"granted" | "denied">;
}

/** Watches power supply and the person's activity, as far as the browser reports them. */
export class Watcher {
  #battery: { readonly charging: boolean } | null = null;
  #idle: Idle | null = null;
  readonly #ends = new AbortController();

  async begin(): Promise<void> {
    const { getBattery } = navigator as { getBattery?: () => Promise<{ charging: boolean }> };
    this.#battery = (await getBattery?.call(navigator).catch(() => null)) ?? null;
  }

  /**
   * Watches the person's activity from now on. The browser asks the person for that once, after a click.
   * @returns whether the browser allows it
   */
  async watchPerson(): Promise<boolean> {
    const { IdleDetector } = globalThis as { IdleDetector?: IdleConstructor };
    if (IdleDetector === undefined) return false;
    if (this.#idle !== null) return true;
    try {
      const name = "idle-detection" as PermissionName;
      const { state } = await navigator.permissions.query({ name });
      const allowed = state === "prompt" ? await IdleDetector.requestPermission() : state;
      if (allowed !== "granted") return false;
      const idle = new IdleDetector();
      await idle.start({ threshold: 60_000, signal: this.#ends.signal });
      this.#idle = idle;
      return true;
    } catch {
      // Nobody has clicked.
      return false;
    }
  }

  /** @param taskBytes of one task on average; 0: not known yet */
  now(isPaused: boolean, taskBytes: number): Surroundings {
    const state = this.#idle?.userState ?? null;
    return {
      hour: new Date().getHours(),
      bytesToday: addBytes(0),
      taskBytes,
      onBattery: this.#battery === null ? null : !this.#battery.charging,
      inUse: state === null ? null : state === "active",
      isPaused,
    };
  }
}
