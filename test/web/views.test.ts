import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { ERROR_CODES, type ErrorCode } from "../../shared/job/errors.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { errorText } from "../../web/ui/error-texts.ts";
import { WORD_FILES } from "../../web/words/keys.ts";
import { axeFaults, loadAxe } from "./axe-faults.ts";
import { type OpenStage, openStage } from "./stories/open-stage.ts";
import { STATES, type StateName } from "./stories/states.ts";

/** A long timeout, for a busy machine. */
const WITHIN = { timeout: 20_000 };

/** Single views in a real browser. upload-page.test.ts tests them with the real worker. */

let browser: Browser;
let stage: OpenStage<"upload">;
const serverUrl = inject("serverUrl");
const names = Object.keys(STATES) as StateName[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  await stage?.page.close();
  stage = await openStage(browser, serverUrl, "upload");
});

const show = (name: StateName, change = {}, page = {}) =>
  stage.run((it, given) => it.showUpload(given.name, given.change, given.page), {
    name,
    change,
    page,
  });

test("the two handles leave at least one picture between them, and the whole video comes back", async () => {
  await show("inspected");
  const start = stage.page.getByRole("slider", { name: "Beginning of the part" });
  const end = stage.page.getByRole("slider", { name: "End of the part" });
  const { width = 0, x = 0, y = 0, height = 0 } = (await start.boundingBox()) ?? {};
  await expect.poll(() => start.isEnabled(), WITHIN).toBe(true);
  // By pointer: drags the left thumb to the middle.
  await stage.page.mouse.move(x + 12, y + height / 2);
  await stage.page.mouse.down();
  await stage.page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
  await stage.page.mouse.up();
  const [, half] =
    /from (\S+) to/.exec((await stage.page.locator(".trim-text").textContent()) ?? "") ?? [];
  expect(half).toMatch(/^2:3[4-7]\.\d$/);
  await start.press("End");
  expect(await start.getAttribute("aria-valuetext")).toBe("5:11.967");
  await end.press("Home");
  expect(await end.getAttribute("aria-valuetext")).toBe("5:12.000");
  await start.press("PageDown");
  expect(await start.getAttribute("aria-valuetext")).toBe("5:10.967");
  await expect
    .poll(() => stage.calls(), WITHIN)
    .toContainEqual({
      name: "setTrim",
      argument: { startTicks: 9_329 * 3_000, endTicks: 9_360 * 3_000 },
    });
  await stage.page.getByRole("button", { name: "Whole video" }).click();
  await stage.page.getByText("from 0:00.0 to 5:12.0 (5:12 min)").waitFor();
  await expect
    .poll(() => stage.calls(), WITHIN)
    .toContainEqual({ name: "setTrim", argument: null });
});

const KEY = new RegExp(`[>"](?:${WORD_FILES.join("|")})\\.[a-zA-Z][\\w.-]*[<"]`);

describe("every state", () => {
  test("has no fault that axe finds, in light and dark, in each language", async () => {
    await loadAxe(stage.page);
    // Without transitions: colours in the middle of one would be reported as faults.
    await stage.page.emulateMedia({ reducedMotion: "reduce" });
    const looks = [
      ["light", "en"],
      ["dark", "de"],
      ["light", "ar"],
    ] as const;
    for (const [colorScheme, language] of looks) {
      await stage.page.emulateMedia({ colorScheme });
      await stage.run((it, given) => it.speak(given), language);
      for (const name of names) {
        await show(name);
        const faults = await axeFaults(stage.page);
        expect(faults, `${name}, ${colorScheme}, ${language}`).toEqual([]);
        // Finds a message's key that is shown in place of its text.
        const shown = await stage.page.locator("body").innerHTML();
        expect(shown.match(KEY), `${name}, ${language}`).toBeNull();
      }
    }
  });

  test("the focus goes to the heading of a new view, and stays with a control that stays", async () => {
    const focused = () => stage.page.evaluate(() => document.activeElement?.textContent);
    await show("idle");
    await stage.page.getByRole("button", { name: "Choose a video", exact: true }).first().focus();
    await show("inspected");
    await expect.poll(focused).toBe("Ready to share");
    await stage.page.getByRole("button", { name: "Start", exact: true }).focus();
    await show("running");
    await expect.poll(focused).toBe("Making your video");
    const title = stage.page.getByRole("textbox", { name: "Title" });
    await title.focus();
    await show("ready");
    expect(await title.evaluate((field) => field === document.activeElement)).toBe(true);
  });

  test.each([
    [320, "en"],
    [320, "de"],
    [390, "ar"],
    [768, "de"],
    [1280, "ar"],
  ] as const)("fits a window %i pixels wide in %s", async (width, language) => {
    await stage.page.setViewportSize({ width, height: 700 });
    await stage.run((it, given) => it.speak(given), language);
    for (const name of names) {
      await show(name);
      // Waits for two frames, because canvases get their size after the first layout.
      await stage.page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      const overflow = await stage.page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      expect(overflow, name).toBeLessThanOrEqual(0);
    }
  });

  test.each(["idle", "inspected", "running", "ready", "needs-file"] as const)(
    "%s is reached by keyboard: every control in turn, each with a visible mark",
    async (name) => {
      await show(name);
      const { page } = stage;
      const controls = await page
        .locator("a[href], button:enabled, select, summary, [tabindex='0']")
        .or(page.locator("input:not([tabindex='-1']), textarea"))
        .filter({ visible: true })
        .count();
      const seen = new Set<string>();
      for (let step = 0; step < controls; step += 1) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          if (element === null || element === document.body) return null;
          // A field's focus mark is around its parent, which includes the unit.
          const marked = [element, element.parentElement].some(
            (each) => each !== null && getComputedStyle(each).outlineStyle !== "none",
          );
          const place = [...document.querySelectorAll("*")].indexOf(element);
          return { id: `${place} ${element.outerHTML.slice(0, 80)}`, marked };
        });
        expect(focused, `step ${step}, after ${[...seen].at(-1)}`).not.toBeNull();
        expect(focused?.marked, focused?.id).toBe(true);
        if (focused) seen.add(focused.id);
      }
      expect(seen.size).toBe(controls);
    },
  );
});

describe("errors", () => {
  test("each code is shown in its words; the code itself only in the details", async () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      await show("unreadable", {
        error: { code, message: "Said by the part that failed.", retryable: false },
      });
      const { page } = stage;
      const text = errorText(code);
      await page.getByRole("heading", { name: text.title, exact: true }).waitFor();
      const shown = (await page.locator(".error-card").innerText()).replaceAll(/\s+/g, " ");
      expect(shown).toContain(text.what);
      expect(shown).toContain(text.advice);
      // Of a fault of ours they lie open, to be copied.
      expect(shown.includes(code), code).toBe(code === "INTERNAL");
      expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(
        text.again ? 1 : 0,
      );
      expect(await page.getByRole("button", { name: "Reload the page" }).count()).toBe(
        text.reload ? 1 : 0,
      );
      expect(await page.getByRole("button", { name: "Choose another file" }).count()).toBe(1);
      if (code !== "INTERNAL") await page.getByText("Details", { exact: true }).click();
      expect(await page.locator(".error-card").innerText()).toContain(code);
      expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(1);
    }
  });

  test("a failed job says which part failed, and can be tried again", async () => {
    await show("failed");
    expect(await stage.page.locator(".error-card").innerText()).toContain(
      "Part 31: Part of the video could not be decoded (3 attempts)",
    );
    await stage.page.getByRole("button", { name: "Try again" }).click();
    expect(await stage.calls()).toEqual([{ name: "again" }]);
  });
});

describe("the ladder", () => {
  const showExpert = async () => {
    await show("inspected");
    await stage.page.getByText("Expert", { exact: true }).click();
  };
  const ladders = async () =>
    (await stage.calls())
      .filter(({ name }) => name === "setLadder")
      .map(({ argument }) => argument);

  test("is edited by keyboard: changed, added to, taken from", async () => {
    await showExpert();
    const { page } = stage;
    const rate = page.getByLabel("Level 2, bit rate");
    await rate.focus();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("1250");
    const changed = [
      { shortSide: 720, kilobitsPerSecond: 3000 },
      { shortSide: 480, kilobitsPerSecond: 1250 },
      { shortSide: 360, kilobitsPerSecond: 800 },
      { shortSide: 240, kilobitsPerSecond: 400 },
    ];
    // One plan for the whole number, not one for each keystroke.
    await expect.poll(ladders, WITHIN).toEqual([changed]);

    const latest = async () => (await ladders()).at(-1);
    const fewer = changed.filter(({ shortSide }) => shortSide !== 360);
    await page.getByRole("button", { name: "Remove level 3" }).press("Enter");
    await expect.poll(latest, WITHIN).toEqual(fewer);
    await page.getByRole("button", { name: "Add a level" }).press("Enter");
    const added = { shortSide: 144, kilobitsPerSecond: 110 };
    await expect.poll(latest, WITHIN).toEqual([...fewer, added]);
    await page.getByRole("button", { name: "Back to the suggestion" }).press("Enter");
    await expect.poll(latest, WITHIN).toEqual(STATES.inspected.inspection.ladder);
  });

  test("what is no number is said at once and planned by nobody", async () => {
    await showExpert();
    await stage.page.getByLabel("Level 1, height").fill("");
    await stage.page.getByText("Every level needs a height").waitFor();
    expect(await ladders()).toEqual([]);
  });

  test("a refused ladder keeps what was typed, says why, and cannot be started", async () => {
    const problem = {
      code: "LADDER_INVALID",
      message: "A level may not be larger than the source.",
      retryable: false,
    };
    await showExpert();
    await stage.page.getByLabel("Level 1, height").fill("1080");
    await show("inspected", {}, { problem });
    expect(await stage.page.getByLabel("Level 1, height").inputValue()).toBe("1080");
    await stage.page.getByText(problem.message).waitFor();
    expect(await stage.page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
  });
});

test("a file that is being read is put aside by Escape", async () => {
  await show("inspecting");
  await stage.page.getByRole("heading", { name: "Looking at the file" }).waitFor();
  await stage.page.keyboard.press("Escape");
  expect(await stage.calls()).toEqual([{ name: "discard" }]);
});

test("a site's key is asked for before the work", async () => {
  const inspection = { ...STATES.inspected.inspection, asksKey: true };
  await show("inspected", { inspection });
  const { page } = stage;
  expect(await page.getByRole("button", { name: "Start", exact: true }).isDisabled()).toBe(true);
  await page.getByLabel("Key of this site").fill("seven grey herons");
  await page.keyboard.press("Enter");
  expect(await stage.calls()).toEqual([{ name: "useKey", argument: "seven grey herons" }]);
  const problem = { code: "UNAUTHORIZED", message: "Unknown key.", retryable: false };
  await show("inspected", { inspection }, { problem });
  await page.getByText("The site does not know this key.").waitFor();
});

describe("while it works", () => {
  test("cancel works at once early on, and asks once more later", async () => {
    const { page } = stage;
    await show("short", {
      work: {
        ...STATES.short.work,
        share: 0,
        job: {
          ...STATES.short.work.job,
          tasks: STATES.short.work.job.tasks.map((task) => ({ ...task, state: "ready" })),
        },
      },
    });
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await stage.calls()).toEqual([{ name: "cancel" }]);

    await show("running");
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await stage.calls()).toHaveLength(1);
    // The focus is at the question.
    expect(
      await page
        .getByRole("button", { name: "Stop" })
        .evaluate((it) => it === document.activeElement),
    ).toBe(true);
    await page.getByRole("button", { name: "Go on" }).click();
    expect(await stage.calls()).toHaveLength(1);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Stop" }).press("Enter");
    expect(await stage.calls()).toEqual([{ name: "cancel" }, { name: "cancel" }]);
  });

  test("the grid tells about one segment by arrow keys, and counts all in text", async () => {
    await show("running");
    const { page } = stage;
    const slider = page.getByRole("slider", { name: "Look at one part" });
    await slider.focus();
    for (let step = 0; step < 21; step += 1) await page.keyboard.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(
      /^Part 21, about 2:00: being made \d+ %$/,
    );
    await page.keyboard.press("End");
    expect(await slider.getAttribute("aria-valuenow")).toBe("52");
    const legend = await page.getByRole("list", { name: "Parts by state" }).innerText();
    expect(legend.replaceAll(/\s+/g, " ")).toContain("Done 19");
    expect(legend.replaceAll(/\s+/g, " ")).toContain("Will be tried again 1");
  });

  test("the grid's cells differ in shape, not in colour alone", async () => {
    await show("running");
    const { page } = stage;
    // Share of painted pixels in each cell: full, framed, framed with a bar, striped.
    const shares = await page.locator(".grid-focus canvas").evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const step = canvas.width / 52;
      const share = (index: number) => {
        const { data } = context.getImageData(
          Math.round(index * step),
          0,
          Math.floor(step),
          canvas.height,
        );
        let painted = 0;
        for (let at = 3; at < data.length; at += 4) painted += (data[at] ?? 0) > 200 ? 1 : 0;
        return painted / (data.length / 4);
      };
      return { done: share(2), checking: share(19), queued: share(26), waiting: share(45) };
    });
    expect(shares.done).toBeGreaterThan(0.7);
    expect(shares.checking).toBeLessThan(shares.done - 0.15);
    expect(shares.queued).toBeLessThan(shares.checking);
    expect(shares.waiting).toBeLessThan(shares.queued);
  });

  test("a lost connection is said, with what it means", async () => {
    await show("offline");
    await stage.page.getByText("Finished parts are safe.").waitFor();
    expect(await stage.page.getByRole("status").first().innerText()).toContain("Connection lost");
  });

  test("a connection that does not come is said, also to screen readers", async () => {
    await show("unconnected");
    await stage.page.getByText("does not come through.").last().waitFor();
    const { page } = stage;
    expect(await page.getByRole("status").first().innerText()).toContain("does not come through");
    expect(await page.locator(".work-eta").innerText()).toBe("Waiting for the connection");
  });

  test("storage that takes nothing is said, and no time is promised", async () => {
    await show("storage-silent");
    await stage.page.getByText("Storage takes no new parts").last().waitFor();
    expect(await stage.page.locator(".work-eta").innerText()).toBe("Nothing has moved for 45 s");
  });

  test("a connection over plain requests is said, with what it means", async () => {
    await show("overHttp");
    await stage.page.getByText("goes on over plain requests").waitFor();
    await show("running");
    expect(await stage.page.getByText("goes on over plain requests").count()).toBe(0);
  });

  test("three thousand segments are drawn, not built of elements", async () => {
    await show("running");
    const elements = () => stage.page.locator("body *").count();
    const few = await elements();
    await show("long");
    // The audio's strip has a cell for each run of ten segments.
    expect(await elements()).toBeLessThan(few + 320);
    const slider = stage.page.getByRole("slider", { name: "Look at one part" });
    await slider.press("End");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^Part 3,000, about 4:59:54/);
  });
});

describe("at the end", () => {
  test("every address is copied by one button, which says so", async () => {
    await stage.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await show("ready");
    const { page } = stage;
    await page.getByText("For developers", { exact: true }).click();
    for (const [label, wanted] of [
      ["Watch page", "https://tributary.example/watch/Yw3kT9qGm2"],
      ["HLS address", "https://tributary.example/v/Yw3kT9qGm2/master.m3u8"],
      ["Podcast address", "https://tributary.example/v/Yw3kT9qGm2/podcast.m3u8"],
      ["DASH address", "https://tributary.example/v/Yw3kT9qGm2/manifest.mpd"],
      ["Embed", '<iframe src="https://tributary.example/embed/Yw3kT9qGm2"'],
    ] as const) {
      await page.getByRole("button", { name: `Copy ${label}` }).click();
      await page.getByRole("button", { name: `Copied ${label}` }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(wanted);
    }
  });

  test("without a clipboard the text stands selected, and the page says how to go on", async () => {
    await show("ready");
    const { page } = stage;
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
    });
    await page.getByRole("button", { name: "Copy Watch page" }).click();
    await page.getByText("The text is selected").waitFor();
    expect(await page.evaluate(() => getSelection()?.toString() ?? "")).toContain(
      "/watch/Yw3kT9qGm2",
    );
  });
});

describe("files", () => {
  const drop = (kind: "file" | "files" | "text") =>
    stage.page.evaluate((kind) => {
      const transfer = new DataTransfer();
      if (kind === "file") transfer.items.add(new File(["0123456789"], "clip.mkv"));
      else if (kind === "files") {
        for (const name of ["one", "two", "three"]) {
          transfer.items.add(new File(["0123456789"], `${name}.mkv`));
        }
      } else transfer.setData("text/plain", "hello");
      const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent("dragover", options));
      document.body.dispatchEvent(new DragEvent("drop", options));
    }, kind);

  test("one dropped anywhere on the page is taken; what is no file is said", async () => {
    await show("idle");
    await drop("text");
    await stage.page.getByText("That is not a file.").waitFor();
    await drop("file");
    await expect
      .poll(() => stage.calls(), WITHIN)
      .toEqual([{ name: "take", argument: { name: "clip.mkv", sizeBytes: 10 } }]);
  });

  test("several are taken, in their order", async () => {
    await show("idle");
    await drop("files");
    const taken = async () =>
      (await stage.calls()).map(({ argument }) => (argument as { name: string }).name);
    await expect.poll(taken, WITHIN).toEqual(["one.mkv", "two.mkv", "three.mkv"]);
  });

  test("a drop is taken in every state, also while a video is made", async () => {
    for (const name of names) {
      await show(name);
      const before = (await stage.calls()).length;
      await drop("file");
      await expect.poll(async () => (await stage.calls()).length).toBe(before + 1);
    }
  });

  test("the videos of a folder are taken, with those of folders in it; one without any is said", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tributary-dropped-"));
    await mkdir(join(folder, "films/more"), { recursive: true });
    await mkdir(join(folder, "papers"));
    await Promise.all(
      ["films/b.mkv", "films/a.mp4", "films/more/c.webm", "films/notes.txt", "papers/d.pdf"].map(
        (name) => writeFile(join(folder, name), "0123456789"),
      ),
    );
    await show("idle");
    const devtools = await stage.page.context().newCDPSession(stage.page);
    const dropFolder = async (name: string) => {
      const data = { items: [], files: [join(folder, name)], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"] as const) {
        await devtools.send("Input.dispatchDragEvent", { type, x: 200, y: 200, data });
      }
    };
    await dropFolder("papers");
    await stage.page.getByText("There is no video in that folder.").waitFor();
    await dropFolder("films");
    const taken = async () =>
      (await stage.calls()).flatMap(({ name, argument }) =>
        name === "take" ? [(argument as { name: string }).name] : [],
      );
    await expect.poll(taken, WITHIN).toEqual(["a.mp4", "b.mkv", "c.webm"]);
    await rm(folder, { recursive: true });
  });

  test("one pasted is taken", async () => {
    await show("idle");
    await stage.page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["0123"], "paste.webm"));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    });
    await expect
      .poll(() => stage.calls(), WITHIN)
      .toEqual([{ name: "take", argument: { name: "paste.webm", sizeBytes: 4 } }]);
  });

  test("a file known from before is reopened by one button", async () => {
    await show("needs-file", {}, { canReopen: true });
    await stage.page.getByRole("button", { name: "Open harbour-walk-2026.mp4 again" }).click();
    expect(await stage.calls()).toEqual([{ name: "reopen" }]);
  });
});

test("a helper's page that is out of date offers to load the new one", async () => {
  const { page, run } = await openStage(browser, serverUrl, "contribute");
  await run((it) => it.showContribute("outdated"), undefined);
  await page.getByRole("heading", { name: errorText("PROTOCOL_OUTDATED").title }).waitFor();
  const loadedAnew = page.waitForEvent("load");
  await page.getByRole("button", { name: "Reload the page" }).click();
  await loadedAnew;
  await page.close();
});

test("how closely helpers' work is looked at is the owner's choice", async () => {
  await show("running");
  await stage.page.getByText("Advanced", { exact: true }).click();
  const choice = stage.page.getByLabel("Check helpers' work");
  expect(await choice.inputValue()).toBe("adaptive");
  await choice.selectOption("all");
  await stage.page.getByText("This tab makes every part of theirs a second time").waitFor();
  expect(await stage.calls()).toEqual([{ name: "verify", argument: "all" }]);
});

test("the rate of the sound is the owner's choice, in words", async () => {
  await show("inspected");
  await stage.page.getByText("Expert", { exact: true }).click();
  const choice = stage.page.getByLabel("Sound quality");
  expect(await choice.inputValue()).toBe("128");
  await choice.selectOption("Music (192 kbit/s)");
  expect(await stage.calls()).toEqual([
    { name: "useAudio", argument: { kilobitsPerSecond: 192, loudness: false, surround: false } },
  ]);
});

test("whether anything is published without a check is the owner's choice, and off", async () => {
  await show("running");
  await stage.page.getByText("Advanced", { exact: true }).click();
  const choice = stage.page.getByLabel("Publish without a check if need be");
  expect(await choice.isChecked()).toBe(false);
  await choice.check();
  expect(await stage.calls()).toEqual([{ name: "unverified", argument: "publish" }]);
});

test("a link that leads nowhere but to this computer says so, with its way out", async () => {
  const note = stage.page.getByText("works on this computer alone");
  const askLink = () => stage.page.getByRole("button", { name: "Make a link for helpers" }).click();
  await show("running", {}, { joinUrl: "http://localhost:8787/join/story#t" });
  await askLink();
  await note.waitFor();
  const { address } = STATES.ready;
  await show("ready", { address: { ...address, watchUrl: "http://localhost:8787/watch/x" } });
  await stage.page.getByText("As a code to scan").click();
  await note.waitFor();
  await show("ready");
  expect(await note.count()).toBe(0);
});

test("helpers are stopped after a question, and an open link is still there after a reload", async () => {
  await show("running");
  const { page } = stage;
  await page.getByRole("button", { name: "Make a link for helpers" }).click();
  await page.getByLabel("Link for helpers", { exact: true }).waitFor();
  expect(await page.evaluate(() => localStorage.getItem("tributary.helper-links"))).toContain(
    "/join/story",
  );
  await page.getByRole("button", { name: "Stop helpers" }).click();
  await page.getByRole("button", { name: "Keep them" }).click();
  await page.getByRole("button", { name: "Stop helpers" }).click();
  await page.getByRole("button", { name: "Stop helpers" }).click();
  await page.getByRole("button", { name: "Make a link for helpers" }).waitFor();
  expect((await stage.calls()).map(({ name }) => name)).toEqual(["share", "revoke"]);
});
