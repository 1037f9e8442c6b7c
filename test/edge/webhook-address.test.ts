import { applyD1Migrations, createExecutionContext, env } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { isLocalAddress } from "../../edge/source-jobs/webhook-address.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { plan } from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

// Each kind of local address, in several notations.
const LOCAL = [
  ...[
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
  ],
  ...["0", "0.0.0.0", "0x0", "255.255.255.255", "224.0.0.1", "240.0.0.1"],
  ...["10.0.0.1", "10.1", "0xa000001", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  ...["169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1", "100.127.255.255"],
  ...["192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "192.0.0.8"],
  ...["１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1."],
  ...[
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[fe80::1]",
    "[febf::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
  ],
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a00:1]", "[::ffff:0:10.0.0.1]"],
  ...["[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]"],
  ...["[2001:0:7f00:1::]", "[2001:db8::1]", "[ff02::1]", "[fec0::1]", "[100::1]", "[4000::1]"],
  ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "ｌｏｃａｌｈｏｓｔ", "printer.local"],
  ...["metadata.google.internal", "db.internal.", "nas.home.arpa", "intranet", "a", "router."],
];
const PUBLIC = [
  ...["example.com", "example.com.", "hooks.example.co.uk", "mylocalhost.com", "local.example"],
  ...["internal.example.com", "8.8.8.8", "0x08080808", "134744072", "172.32.0.1", "192.169.0.1"],
  ...["100.128.0.1", "169.255.0.1", "11.0.0.1", "[2606:4700:4700::1111]", "[2a00:1450::1]"],
  ...["[::ffff:8.8.8.8]", "xn--bcher-kva.example"],
];

test("addresses of this machine and its network are told from public ones, however they are written", () => {
  const urls = (hosts: readonly string[]) =>
    hosts.flatMap((host) => [`http://${host}/hook`, `https://user:word@${host}:8443/?a=b#c`]);
  expect(urls(LOCAL).filter((url) => !isLocalAddress(url))).toEqual([]);
  expect(urls(PUBLIC).filter(isLocalAddress)).toEqual([]);
});

async function create(url: string, setting: string): Promise<{ status: number; code: string }> {
  const webhook = { url, secret: "a secret of sixteen" };
  const request = new Request("http://localhost/api/jobs", {
    method: "POST",
    body: JSON.stringify({ plan, webhook }),
  });
  const bindings = { ...env, WEBHOOK_ALLOW_PRIVATE: setting };
  const response = await app.fetch(request, bindings, createExecutionContext());
  const { status } = response;
  const said: unknown = await response.json();
  return { status, code: status === 201 ? "" : problemSchema.parse(said).code };
}

test("a job with such a webhook is refused, by a code, unless the site allows it", async () => {
  for (const url of ["http://127.0.0.1:9/", "http://0x7f.1:9/", "http://[::1]:9/"]) {
    const refused = { status: 400, code: "WEBHOOK_REFUSED" };
    for (const setting of ["", "off", "true"]) expect(await create(url, setting)).toEqual(refused);
    expect(await create(url, "on")).toEqual({ status: 201, code: "" });
  }
  expect((await create("https://hooks.example/", "")).status).toBe(201);
});
