import type { Browser } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { type OpenStage, openStage } from "./stories/open-stage.ts";

// The form for a video's details on the upload page. For the edge's part see test/edge/details.test.ts.

let browser: Browser;
let stage: OpenStage<"upload">;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  await stage?.page.close();
  stage = await openStage(browser, inject("serverUrl"), "upload");
});

const show = (name: "inspected" | "running" | "ready") =>
  stage.run((it, given) => it.showUpload(given), name);

test("the title is the file's name without its ending, or what is written", async () => {
  const { page } = stage;
  const start = page.getByRole("button", { name: "Start", exact: true });
  await show("inspected");
  const title = page.getByLabel("Title", { exact: true });
  expect(await title.inputValue()).toBe("harbour-walk-2026");
  await page.getByText("Others see this title. It is your file's name").waitFor();
  await start.click();
  await title.fill("The harbour");
  await page.getByLabel("Description", { exact: true }).fill("At dusk.");
  await page.getByLabel("Who can find it").selectOption("listed");
  await title.press("Enter");
  const started = (await stage.calls()).filter(({ name }) => name === "start");
  expect(started.map(({ argument }) => argument)).toMatchObject([
    { visibility: "unlisted", details: {}, captions: [] },
    {
      visibility: "listed",
      details: { title: "The harbour", description: "At dusk." },
      captions: [],
    },
  ]);
});

test.each(["running", "ready"] as const)("details are written while it is %s", async (name) => {
  const { page } = stage;
  await show(name);
  const save = page.getByRole("button", { name: "Save", exact: true });
  await page.getByLabel("Title", { exact: true }).fill("Along the quay");
  await page.getByLabel("Chapters", { exact: true }).fill("0:00 The quay\nlater The ship");
  await page.getByText("Line 2 does not begin with a time").waitFor();
  expect(await save.isDisabled()).toBe(true);
  await page.getByLabel("Chapters", { exact: true }).fill("0:00 The quay\n1:30 The ship");
  await page.getByLabel("Language spoken in it").selectOption("German");
  await save.press("Enter");
  await page.getByText("Saved.").waitFor();
  expect((await stage.calls()).at(-1)).toMatchObject({
    name: "change",
    argument: {
      patch: {
        title: "Along the quay",
        description: "Along the quay, in the evening.",
        language: "de",
        chapters: [
          { startSeconds: 0, title: "The quay" },
          { startSeconds: 90, title: "The ship" },
        ],
      },
    },
  });
});
