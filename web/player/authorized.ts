/** Headers of a request for a video's parts. @param token the owner's; null: as anybody */
export function authorized(token: string | null): { headers: Record<string, string> } {
  return { headers: token === null ? {} : { authorization: `Bearer ${token}` } };
}
