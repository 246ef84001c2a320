import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/** A view whose code is not part of what the first paint waits for. It draws nothing until it is there. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const loaded = signal<ComponentType<Props> | null>(null);
  let loading: Promise<void> | null = null;

  /** Fetches the code ahead of its use. Asked for again after a failure, which is left to the caller. */
  async function preload(): Promise<void> {
    loading ??= load().then((view) => void (loaded.value = view));
    try {
      await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
  }

  function Later(props: Props) {
    const View = loaded.value;
    useEffect(() => void preload(), []);
    return View === null ? null : <View {...props} />;
  }
  return Object.assign(Later, { preload });
}
