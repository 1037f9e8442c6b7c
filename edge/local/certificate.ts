import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { ownAddresses, ownNames } from "./own-network.ts";

/** Files of the certificate for https on a local network. */
export interface LocalCertificate {
  keyPath: string;
  certPath: string;
  /** Path of the authority's certificate. A device that trusts it also trusts all later certificates. */
  caPath: string;
}

const DAY_MS = 24 * 3_600_000;
const CA_DAYS = 3_650;
/** Days for which a certificate is valid. Browsers accept at most 398 (CA/Browser Forum). */
const LEAF_DAYS = 397;

/**
 * Makes the certificate for https on a local network. Browsers offer encoders, locks and random ids only to secure
 * pages. The authority is made once and kept. The certificate is made at each start, for the present names and
 * addresses of this machine.
 * @param dir folder that is kept between starts
 */
export async function localCertificate(dir: string): Promise<LocalCertificate> {
  const path = (name: string): string => join(dir, name);
  const paths = { keyPath: path("key.pem"), certPath: path("cert.pem"), caPath: path("ca.pem") };
  const caKeyPath = path("ca-key.pem");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(caKeyPath) || !existsSync(paths.caPath)) {
    const made = await generate([{ name: "commonName", value: `Tributary on ${hostname()}` }], {
      ...signed(CA_DAYS),
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    await writeFile(caKeyPath, made.private, { mode: 0o600 });
    await writeFile(paths.caPath, made.cert);
  }
  const ca = {
    key: await readFile(caKeyPath, "utf8"),
    cert: await readFile(paths.caPath, "utf8"),
  };
  const leaf = await generate([{ name: "commonName", value: hostname() }], {
    ...signed(LEAF_DAYS),
    ca,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...ownNames().map((value) => ({ type: 2 as const, value })),
          ...ownAddresses().map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  await writeFile(paths.keyPath, leaf.private, { mode: 0o600 });
  await writeFile(paths.certPath, `${leaf.cert}\n${ca.cert}\n`);
  return paths;
}

function signed(days: number) {
  const nowMs = Date.now();
  return {
    keyType: "ec",
    algorithm: "sha256",
    // Other devices' clocks may be behind.
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + (days - 1) * DAY_MS),
  } as const;
}
