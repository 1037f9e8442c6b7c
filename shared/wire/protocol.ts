import { z } from "zod";

/**
 * The wire: one WebSocket per lease holder with JSON messages, and the bodies of the HTTP calls (`api.ts`,
 * `job-status.ts`). Both sides parse what they receive with these schemas, without casts.
 */

/**
 * Version of the messages on the socket. Each `hello` states it. Raise it with each change after which older holders no
 * longer work: a message or field that they need is gone or has a new meaning, or something that they do not send is
 * required. A new message or optional field that older holders can ignore needs no new version. A change of the form of
 * segments does, because all holders of a job must make the same form.
 *
 * 2: frames may be decoded ahead of their presentation time (`cmaf/decode-clock.ts`).
 * 3: a socket is opened with a ticket, and the hello has no token; init segments travel in the offer.
 * 4: a rendition has one init segment, which follows from the plan; x264 writes its parameter sets under id 1 and
 *    uses a faster search.
 * 5: a rendition may have a change of loudness and six channels; an init segment may state the duration of the
 *    longest frame.
 * 6: only the first decode times of a video are rounded, as many as the plan says.
 */
export const PROTOCOL_VERSION = 6;
/** The oldest version that a coordinator supports. Raise it to make older holders reload. */
export const OLDEST_PROTOCOL_VERSION = 6;

/** Milliseconds of silence after which a holder's leases end. */
export const HEARTBEAT_SILENCE_MS = 15_000;
/** Interval, in milliseconds, at which a holder renews its leases and reports its progress. */
export const RENEW_EVERY_MS = 4_000;
/**
 * Milliseconds after which a holder without results first reports the progress of its first task. Until then its speed
 * is unknown.
 */
export const FIRST_RENEW_MS = 1_500;
export const roleSchema = z.enum(["owner", "contributor", "server"]);
export type Role = z.infer<typeof roleSchema>;
