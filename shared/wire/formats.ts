import { z } from "zod";

/** Strings that several messages contain. */

/** An id of a job, holder, task or lease. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** A SHA-256 in hex. */
export const hex64Schema = z.string().regex(/^[0-9a-f]{64}$/);
/** An MD5 in base64, as in the header `Content-MD5` (RFC 1864). */
export const md5Base64Schema = z.string().regex(/^[A-Za-z0-9+/]{22}==$/);
/** A presigned address of storage. */
export const storageUrlSchema = z.string().max(4096);
