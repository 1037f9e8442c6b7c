import { expect, test } from "vitest";
import { defaultSlots, fastSlots } from "../../web/encoder/capability.ts";
import { deviceFacts } from "../../web/ui/device.ts";

const browser = (userAgent: string, more: object = {}) =>
  deviceFacts({ userAgent, maxTouchPoints: 0, hardwareConcurrency: 8, ...more });

const MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const ANDROID_TABLET =
  "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const WINDOWS_TOUCH =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

test("phones and tablets are told from computers: an iPad says it is a Mac, but has a touch screen", () => {
  expect(browser(IPHONE).mobile).toBe(true);
  expect(browser(MAC, { maxTouchPoints: 5 }).mobile).toBe(true);
  // Chromium's `mobile` hint is true only for phones, not for tablets.
  expect(browser(ANDROID_TABLET, { userAgentData: { mobile: false } }).mobile).toBe(true);
  expect(browser(MAC).mobile).toBe(false);
  expect(browser(WINDOWS_TOUCH, { maxTouchPoints: 10 }).mobile).toBe(false);
  expect(browser(MAC)).toEqual({ cores: 8, memoryGiB: null, mobile: false });
});

test("a phone or tablet has two encoders, or one with little memory; a computer one a core", () => {
  expect(defaultSlots(8, undefined, true)).toBe(2);
  expect(defaultSlots(8, 8, true)).toBe(2);
  expect(defaultSlots(8, 2, true)).toBe(1);
  expect(defaultSlots(1, undefined, true)).toBe(1);
  expect(defaultSlots(8, 8)).toBe(8);
});

test("the browser's codecs get fewer tasks at a time, the larger the frames", () => {
  const slots = (["854x480", "1920x1080", "2560x1440", "3840x2160"] as const).map((size) => {
    const [width = 0, height = 0] = size.split("x").map(Number);
    return fastSlots({ width, height });
  });
  expect(slots).toEqual([8, 3, 2, 1]);
});
