import { describe, expect, test } from "vitest";
import { type KeyAction, keyAction, nextSpeed, SPEEDS } from "../../web/player/keyboard.ts";

const press = (key: string, isUsed = false) =>
  keyAction({ key, altKey: false, ctrlKey: false, metaKey: false }, isUsed);

describe("keys do what they do on YouTube", () => {
  test.each<[string, KeyAction]>([
    ["k", { do: "play" }],
    ["K", { do: "play" }],
    ["j", { do: "seek", bySeconds: -10 }],
    ["l", { do: "seek", bySeconds: 10 }],
    ["m", { do: "mute" }],
    ["f", { do: "fullscreen" }],
    ["c", { do: "captions" }],
    ["<", { do: "speed", by: -1 }],
    [">", { do: "speed", by: 1 }],
    [",", { do: "frame", by: -1 }],
    [".", { do: "frame", by: 1 }],
    ["0", { do: "seek-to", share: 0 }],
    ["7", { do: "seek-to", share: 0.7 }],
    [" ", { do: "play" }],
    ["ArrowLeft", { do: "seek", bySeconds: -5 }],
    ["ArrowUp", { do: "volume", by: 0.05 }],
  ])("%s", (key, action) => {
    expect(press(key)).toEqual(action);
  });

  test("other keys, and keys with a modifier, are not the player's", () => {
    for (const key of ["Tab", "Escape", "F5", "x", "Enter", "constructor"])
      expect(press(key)).toBeNull();
    for (const modifier of ["altKey", "ctrlKey", "metaKey"]) {
      const pressed = { key: "f", altKey: false, ctrlKey: false, metaKey: false, [modifier]: true };
      expect(keyAction(pressed, false)).toBeNull();
    }
  });

  test("a control keeps the keys that it uses itself", () => {
    expect(press(" ", true)).toBeNull();
    expect(press("ArrowUp", true)).toBeNull();
    expect(press("k", true)).toEqual({ do: "play" });
  });
});

test("keys that write something can be left to others; Space and arrows stay", () => {
  const without = (key: string) =>
    keyAction({ key, altKey: false, ctrlKey: false, metaKey: false }, false, false);
  for (const key of ["k", "K", "m", "<", ".", "0", "7"]) expect(without(key)).toBeNull();
  expect(without(" ")).toEqual({ do: "play" });
  expect(without("ArrowLeft")).toEqual({ do: "seek", bySeconds: -5 });
});

test("speeds go up and down one by one, and end", () => {
  expect(nextSpeed(1, 1)).toBe(1.25);
  expect(nextSpeed(1, -1)).toBe(0.75);
  expect(nextSpeed(1.1, -1)).toBe(1);
  expect(nextSpeed(SPEEDS.at(-1) ?? 0, 1)).toBe(2);
  expect(nextSpeed(0.25, -1)).toBe(0.25);
});
