import { useEffect } from 'preact/hooks';

interface Place {
  readonly current: HTMLElement | null;
}

/** Speech fills the range with this much gain; a whisper still shows. */
const GAIN = 5;
/** How much of the last value stays: the level falls gently. */
const CARRY = 0.8;

/** Keeps `--level` of an element at how loud a stream is, from 0 to 1. Nothing is drawn again for it. */
export function useLevel(ref: Place, stream: MediaStream | null): void {
  useEffect(() => {
    if (stream === null || stream.getAudioTracks().length === 0) return;
    return listen(ref, stream);
  }, [ref, stream]);
}

function listen(ref: Place, stream: MediaStream): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let level = 0;
  let frame = 0;
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    level = Math.max(Math.min(1, Math.sqrt(power) * GAIN), level * CARRY);
    ref.current?.style.setProperty('--level', level.toFixed(2));
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    ref.current?.style.removeProperty('--level');
    void context.close();
  };
}
