import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mixChannels, mixes } from "../../shared/encode/channel-mix.ts";
import { ffmpeg } from "../setup/media.ts";

const COUNT = 5_000;

test("5.1 becomes stereo as ffmpeg mixes it", async () => {
  const samples = Float32Array.from({ length: COUNT * 6 }, (_, at) => Math.sin(at * at * 0.37));
  const dir = await mkdtemp(join(tmpdir(), "tributary-mix-"));
  try {
    const path = join(dir, "six.f32");
    await writeFile(path, samples);
    const raw = await ffmpeg([
      ...["-f", "f32le", "-ar", "48000", "-ac", "6", "-channel_layout", "5.1", "-i", path],
      ...["-af", "aformat=sample_fmts=flt:channel_layouts=stereo", "-f", "f32le", "-"],
    ]);
    const wanted = new Float32Array(new Uint8Array(raw).buffer);
    const mixed = mixChannels(samples, 6, 2);
    expect(mixed).toHaveLength(COUNT * 2);
    expect(wanted).toHaveLength(COUNT * 2);
    const worst = mixed.reduce((most, at, index) => {
      return Math.max(most, Math.abs(at - (wanted[index] ?? Number.NaN)));
    }, 0);
    expect(worst).toBeLessThan(1e-6);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("what is not to be mixed stays the same, and other layouts are not taken", () => {
  const samples = Float32Array.from([1, 2, 3, 4]);
  expect(mixChannels(samples, 2, 2)).toBe(samples);
  expect(mixes({ channels: 6 }, { channels: 2 })).toBe(true);
  expect(mixes({ channels: 6 }, { channels: 1 })).toBe(false);
  expect(mixes({ channels: 8 }, { channels: 2 })).toBe(false);
});
