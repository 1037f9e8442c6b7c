import { expect, test } from "vitest";
import { readInit } from "../../shared/cmaf/read-init.ts";
import { readAvcConfig } from "../../shared/h264/avc-config.ts";
import { agreesWith, repairedAvcRecord } from "../../web/encoder/engines/webcodecs/avc-record.ts";
import { nativeTranscode } from "../encode/native.ts";
import { makeWholeJob } from "../encode/whole-job.ts";
import { fixture } from "../setup/media.ts";

/** The record of Firefox ESR 153.7 on Debian for 640x360. Its VideoEncoder is libx264. */
const FIREFOX = Buffer.from(
  "0164001e03010019676764001eacd940a02ff9610000030001001e84800f162d960100066868ebecb22c",
  "hex",
);

test("a record of Firefox loses its doubled bytes and gets its reserved bits", () => {
  const repaired = Buffer.from(repairedAvcRecord(FIREFOX));
  expect(repaired.toString("hex")).toBe(
    "0164001effe1001867" + "64001eacd940a02ff9610000030001001e84800f162d96" + "01000568ebecb22c",
  );
  const { spsList, nalLengthBytes } = readAvcConfig(repaired);
  const [sps] = spsList;
  expect([sps?.width, sps?.height, sps?.level, nalLengthBytes]).toEqual([640, 360, 30, 4]);
  expect(sps && agreesWith(sps, { primaries: 1, transfer: 1, matrix: 1 })).toBe(true);
});

test("a record that is right stays as it is", async () => {
  const job = await makeWholeJob(
    await fixture("plain-8s.mp4"),
    [{ shortSide: 90, kilobitsPerSecond: 60 }],
    nativeTranscode,
  );
  const record = readInit(job.renditions[0]?.inits[0] ?? new Uint8Array()).config;
  expect(Buffer.from(repairedAvcRecord(record)).toString("hex")).toBe(
    Buffer.from(record).toString("hex"),
  );
  const [sps] = readAvcConfig(record).spsList;
  expect(sps?.colours).toEqual({ primaries: 6, transfer: 6, matrix: 6 });
  expect(sps && agreesWith(sps, { primaries: 1, transfer: 1, matrix: 1 })).toBe(false);
});

test("what is cut off, empty or no parameter set is refused", () => {
  for (const record of [FIREFOX.subarray(0, 20), new Uint8Array(), Uint8Array.of(1, 100, 0, 30)]) {
    expect(() => repairedAvcRecord(record)).toThrow("cannot be understood");
  }
  const other = Buffer.from(FIREFOX);
  other[8] = 0x68;
  expect(() => repairedAvcRecord(other)).toThrow("cannot be understood");
});
