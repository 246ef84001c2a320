import { signal } from '@preact/signals';

/** Of the composer that is on the screen, in pixels; 0 for none. What floats at the end of the screen floats above it. */
export const composerHeight = signal(0);
