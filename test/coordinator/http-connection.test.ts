import { expect, test } from "vitest";
import { HttpConnection } from "../../edge/coordinator/http-connection.ts";

// How much a socket over HTTP keeps for a holder that does not fetch its messages.

test("texts that nobody fetches are bounded: the connection is closed, and says so after them", async () => {
  const connection = new HttpConnection(() => {});
  const text = "x".repeat(1_000_000);
  for (let n = 0; n < 5; n += 1) connection.send(text);
  expect(connection.readyState).toBe(WebSocket.CLOSED);
  const { texts, closed } = (await connection.receive(0)) ?? {};
  expect(texts).toHaveLength(4);
  expect(closed?.code).toBe(1013);
  connection.end();
});

test("texts that are fetched make room, and come in bounded answers", async () => {
  const connection = new HttpConnection(() => {});
  let have = 0;
  for (let round = 0; round < 10; round += 1) {
    for (let n = 0; n < 450; n += 1) connection.send("y".repeat(2_000));
    const sizes: number[] = [];
    while (have < (round + 1) * 450) {
      const { texts = [] } = (await connection.receive(have)) ?? {};
      sizes.push(texts.length);
      have += texts.length;
    }
    expect(sizes).toEqual([200, 200, 50]);
  }
  expect(connection.readyState).toBe(WebSocket.OPEN);
  connection.end();
});
