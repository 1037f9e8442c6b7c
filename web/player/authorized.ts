/**
 * Headers of a request for a video's files.
 * @param token the owner's; null: without a token
 */
export function authorized(token: string | null): { headers: Record<string, string> } {
  return { headers: token === null ? {} : { authorization: `Bearer ${token}` } };
}
