/**
 * Plays what the other side says. Not in a view: those come and go, and a picture that has not come yet would hold back
 * the sound beside it.
 */
export interface Speaker {
  play(track: MediaStreamTrack): void;
  /** Empty for the default. */
  choose(id: string): void;
  close(): void;
}

export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

export function createSpeaker(note: (what: string, error: unknown) => void): Speaker {
  const element = new Audio();
  const over = new AbortController();

  function start(): void {
    element.play().catch((error: unknown) => {
      if (over.signal.aborted) return;
      note('the sound waits for a touch', error);
      // After a reload a browser may want one before anything is heard.
      const options = { once: true, capture: true, signal: over.signal };
      for (const touch of ['pointerdown', 'keydown']) document.addEventListener(touch, start, options);
    });
  }

  return {
    play(track) {
      element.srcObject = new MediaStream([track]);
      start();
    },
    choose(id) {
      if (!canChooseSpeaker()) return;
      element.setSinkId(id).catch((error: unknown) => note('the loudspeaker can’t be used', error));
    },
    close() {
      over.abort();
      element.pause();
      element.srcObject = null;
    },
  };
}
