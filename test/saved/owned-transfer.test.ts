import { expect, test } from "vitest";
import {
  ownedFile,
  ownedLink,
  readOwnedFile,
  readOwnedLink,
} from "../../web/saved/owned-transfer.ts";

const VIDEOS = {
  "0123456789abcdefghjk": "token_-.~+/with=all&that?a#token%may have".replaceAll(" ", "!"),
  zzzzzzzzzzzzzzzzzzzz: "x".repeat(43),
};
const ORIGIN = "https://tributary.example";

test("what one browser gives another takes up, as a file and as a link", () => {
  expect(readOwnedFile(ownedFile(VIDEOS))).toEqual(VIDEOS);
  const link = new URL(ownedLink(ORIGIN, VIDEOS) ?? "");
  expect(link.pathname + link.search).toBe("/videos");
  expect(readOwnedLink(link.hash)).toEqual(VIDEOS);
});

test("a link does not become longer than links may be", () => {
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [String(at).padStart(20, "0"), "t".repeat(43)]),
  );
  expect(ownedLink(ORIGIN, many)).toBeNull();
  expect(readOwnedFile(ownedFile(many))).toEqual(many);
});

test.each(["", "#", "#create-token=x", "#owned=", "#owned=short.x", "#owned=<script>.x y"])(
  "%j brings no videos",
  (hash) => expect(readOwnedLink(hash)).toBeNull(),
);

test.each(["", "x", "{}", '{"videos": {}}', '{"kind": "tributary-videos", "videos": {"a": "b"}}'])(
  "%j is no such file",
  (text) => expect(readOwnedFile(text)).toBeNull(),
);
