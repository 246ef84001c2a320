import type { AxeResults, RunOptions } from 'axe-core';
import type { Models } from '#pwa/models/models.ts';

/** What dev/gallery.tsx leaves on the window, and what a test adds. */
declare global {
  interface Window {
    readonly gallery: {
      readonly models: Models;
      /** What the views asked for, oldest first. */
      readonly calls: readonly string[];
    };
    readonly axe: { run(root: Document, options: RunOptions): Promise<AxeResults> };
  }
}
