import Validator from "@adobe/structured-data-validator";
import openGraph from "open-graph-scraper";
import { expect, test } from "vitest";
import { watchHead } from "../../edge/pages/page-head.ts";
import { publishedVideo, VIDEO } from "./published-video.ts";

// The structured data of a watch page, checked with a third-party validator for Google's rich results.

/** Warnings about optional fields, which are left out because their values are not known here. */
const UNKNOWN_HERE = /"(expires|publication|ineligibleRegion|regionsAllowed|interaction\w+)"/;

async function issuesOf(change: (data: Record<string, unknown>) => void = () => {}) {
  const head = String(await watchHead(publishedVideo(VIDEO)));
  const { result } = await openGraph({ html: `<html><head>${head}</head></html>` });
  const [data] = result.jsonLD as unknown as Record<string, unknown>[];
  const given = structuredClone(data ?? {});
  change(given);
  const issues = await new Validator().validate({ jsonld: { VideoObject: [given] } });
  return issues.map(({ severity, issueMessage }) => `${severity}: ${issueMessage}`);
}

test("nothing that is required is missing, nor anything of use that is known", async () => {
  expect((await issuesOf()).filter((issue) => !UNKNOWN_HERE.test(issue))).toEqual([]);
});

test("the validator looks at it", async () => {
  const issues = await issuesOf((data) => {
    delete data["thumbnailUrl"];
    data["duration"] = "5 minutes";
    for (const part of data["hasPart"] as Record<string, unknown>[]) delete part["startOffset"];
  });
  expect(issues.filter((issue) => issue.startsWith("ERROR"))).toHaveLength(3);
  expect(issues.join()).toContain("duration");
});
