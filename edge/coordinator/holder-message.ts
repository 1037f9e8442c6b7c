import {
  type HolderMessage,
  helloVersionSchema,
  holderMessageSchema,
} from "../../shared/wire/holder-messages.ts";
import { parseJson } from "../../shared/wire/json.ts";
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import type { Refusal } from "./admission.ts";

/** Longer messages are refused unparsed. An offer of many segments has a few hundred kB. */
const MAX_MESSAGE_CHARACTERS = 1_000_000;
/** The same for a hello, which names at most 256 leases. */
const MAX_HELLO_CHARACTERS = 40_000;

/**
 * Parses a holder's message; null where it is not one.
 * @param isStranger whether the connection has not said hello yet
 */
export function parseHolderMessage(
  data: string | ArrayBuffer,
  isStranger: boolean,
): HolderMessage | null {
  const limit = isStranger ? MAX_HELLO_CHARACTERS : MAX_MESSAGE_CHARACTERS;
  const parsed = holderMessageSchema.safeParse(read(data, limit));
  return parsed.success ? parsed.data : null;
}

/**
 * Why a hello is refused for its protocol version. Its other fields are not checked. Null for a supported version, and
 * for text that is not a hello.
 */
export function versionRefusal(data: string | ArrayBuffer): Refusal | null {
  const parsed = helloVersionSchema.safeParse(read(data, MAX_HELLO_CHARACTERS));
  if (!parsed.success) return null;
  const { protocolVersion } = parsed.data;
  if (protocolVersion < OLDEST_PROTOCOL_VERSION) {
    const message = "This page or program is too old for the server: load its current version.";
    return { code: "PROTOCOL_OUTDATED", message };
  }
  if (protocolVersion > PROTOCOL_VERSION) {
    const message = "This page or program is newer than the server: try again in a few minutes.";
    return { code: "PROTOCOL_UNKNOWN", message };
  }
  return null;
}

/** Undefined for text that is not JSON or too long. Every schema refuses undefined. */
function read(data: string | ArrayBuffer, maxCharacters: number): unknown {
  return typeof data === "string" && data.length <= maxCharacters ? parseJson(data) : undefined;
}
