import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { MadeVideo } from "./made-video.ts";

/** BANDWIDTH of each variant of a multivariant playlist, in bit/s, by the URI of its media playlist. */
export type DeclaredRates = ReadonlyMap<string, number>;

/** For `meddle`: waits for the multivariant playlist, and returns the rates that the first players see. */
export async function firstRates(masterUrl: string): Promise<DeclaredRates> {
  for (;;) {
    const response = await fetch(masterUrl);
    if (response.ok) return ratesIn(await response.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Expects no rate of the finished video to be higher than the one declared while it was being made. */
export async function expectKept(first: DeclaredRates, { dir }: MadeVideo): Promise<void> {
  const ended = ratesIn(await readFile(join(dir, "master.m3u8"), "utf8"));
  expect([...first.keys()].sort()).toEqual([...ended.keys()].sort());
  for (const [variant, declared] of first) {
    expect(ended.get(variant), variant).toBeLessThanOrEqual(declared);
  }
}

function ratesIn(text: string): DeclaredRates {
  const variants = text.matchAll(/^#EXT-X-STREAM-INF:(?:.*,)?BANDWIDTH=(\d+).*\n(.+)$/gm);
  return new Map([...variants].map(([, rate, uri = ""]) => [uri, Number(rate)]));
}
