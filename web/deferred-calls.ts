import { scriptNotLoaded } from "../shared/job/errors.ts";

type CallNames<Client> = {
  [Name in keyof Client]: Client[Name] extends (...given: never[]) => Promise<unknown>
    ? Name
    : never;
}[keyof Client];

/**
 * Calls of a client whose script is loaded with the first call, so that pages which call nothing at first load
 * sooner. Where the script cannot be loaded, a call rejects with SCRIPT_NOT_LOADED, and the next call tries again.
 */
export function deferredCalls<Client extends object, Name extends CallNames<Client>>(
  load: () => Promise<Client>,
  names: readonly Name[],
): Pick<Client, Name> {
  let loading: Promise<Client> | null = null;
  const loaded = () => {
    loading ??= load().catch((cause: unknown) => {
      loading = null;
      throw scriptNotLoaded(cause);
    });
    return loading;
  };
  const calls = names.map((name) => [
    name,
    async (...given: unknown[]) => {
      const client = await loaded();
      return (client[name] as (...given: unknown[]) => Promise<unknown>)(...given);
    },
  ]);
  return Object.fromEntries(calls) as Pick<Client, Name>;
}
