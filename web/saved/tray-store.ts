import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { randomId } from "../random-id.ts";
import { claimName } from "./resume-store.ts";
import { isOver, type TrayEntry } from "./tray-entry.ts";

/** Stores the list of videos of one tab over reloads. Nothing here throws. */
export interface TrayStore {
  /** Takes over the entries of tabs that were closed or reloaded. */
  open(): Promise<TrayEntry[]>;
  put(entries: readonly TrayEntry[]): Promise<void>;
}

interface Stored extends DBSchema {
  /** Parsed when read. */
  trays: { key: string; value: unknown };
}

/** A separate database, so that the one of jobs stays as earlier builds know it. */
const DATABASE = "tributary-tray";

export function openTrayStore(): TrayStore {
  const id = randomId();
  let opening: Promise<IDBPDatabase<Stored>> | undefined;
  const run = async <T>(
    act: (database: IDBPDatabase<Stored>) => Promise<T>,
    otherwise: T,
  ): Promise<T> => {
    try {
      opening ??= openDB<Stored>(DATABASE, 1, {
        upgrade(database) {
          database.createObjectStore("trays", { keyPath: "id" });
        },
      });
      return await act(await opening);
    } catch (error) {
      console.warn("The list of videos is not kept over a reload:", error);
      return otherwise;
    }
  };
  return {
    open: () =>
      run(async (database) => {
        // Held as long as this tab exists, so that no other tab takes its list.
        await claimName(`tributary-tray-${id}`);
        const keys = await database.getAllKeys("trays");
        if (keys.length === 0) return [];
        const { readTray } = await import("./read-tray.ts");
        const entries: TrayEntry[] = [];
        for (const key of keys) {
          const free = await claimName(`tributary-tray-${key}`);
          if (free === null) continue;
          entries.push(...readTray(await database.get("trays", key)));
          await database.delete("trays", key);
          free();
        }
        return entries.filter((entry) => !isOver(entry));
      }, []),
    put: (entries) =>
      run(async (database) => {
        if (entries.every(isOver)) await database.delete("trays", id);
        else await database.put("trays", { id, entries: [...entries] });
      }, undefined),
  };
}
