import type { StorageUse } from '../models/shell.ts';

/** Chromium tells parts; not in the DOM types, because it is no standard. */
interface Estimate extends StorageEstimate {
  readonly usageDetails?: { readonly indexedDB?: number };
}

/** What the app takes of this device, as the browser estimates it. Null where it does not say. */
export async function measure(): Promise<StorageUse | null> {
  if (!('storage' in navigator)) return null;
  const [estimate, lasting]: [Estimate, boolean] = await Promise.all([
    navigator.storage.estimate(),
    navigator.storage.persisted(),
  ]);
  const { usage = 0, quota = 0, usageDetails } = estimate;
  return { used: usage, quota, messages: usageDetails?.indexedDB ?? null, lasting };
}

/** Whether the browser promises to keep what is stored here. Some ask the person, some decide by themselves. */
export async function persist(): Promise<boolean> {
  return 'storage' in navigator && ((await navigator.storage.persisted()) || navigator.storage.persist());
}
