/** Why there is no picture. */
export type CameraTrouble = 'none' | 'refused' | 'failed';

/** Between two looks at the picture, in milliseconds. */
const PAUSE = 120;
/** A picture is read at most this large, in pixels of its longer side. */
const LONGEST = 960;

/** The camera that looks away from the person, where there are two. */
export async function openCamera(): Promise<MediaStream | CameraTrouble> {
  // Without a secure address the browser knows of no cameras.
  if (!('mediaDevices' in navigator)) return 'none';
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: 1280 } },
    });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === 'NotAllowedError') return 'refused';
    return error.name === 'NotFoundError' || error.name === 'OverconstrainedError' ? 'none' : 'failed';
  }
}

/** Tells every code that comes into the picture, once as long as it is the same, until `signal` ends it. */
export async function readCodes(
  video: HTMLVideoElement,
  onCode: (code: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const read = (await nativeReader()) ?? (await ownReader());
  let last = '';
  while (!signal.aborted) {
    const code = video.videoWidth === 0 ? null : await read(video);
    if (code !== null && code !== last && !signal.aborted) {
      last = code;
      onCode(code);
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}

type Read = (video: HTMLVideoElement) => Promise<string | null>;

/** https://wicg.github.io/shape-detection-api/; not in the DOM types, because few browsers have it. */
interface BarcodeDetectorType {
  new (options: { formats: string[] }): {
    detect(image: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
  };
  getSupportedFormats(): Promise<readonly string[]>;
}

/** The system's own reader, which is the fastest; null where there is none. */
async function nativeReader(): Promise<Read | null> {
  const { BarcodeDetector: Detector } = window as { BarcodeDetector?: BarcodeDetectorType };
  if (Detector === undefined) return null;
  if (!(await Detector.getSupportedFormats()).includes('qr_code')) return null;
  const detector = new Detector({ formats: ['qr_code'] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

async function ownReader(): Promise<Read> {
  const { decodeQR } = await import('qr/decode.js');
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return (video) => {
    if (context === null) return Promise.resolve(null);
    const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
    const width = Math.round(video.videoWidth * scale);
    const height = Math.round(video.videoHeight * scale);
    Object.assign(context.canvas, { width, height });
    context.drawImage(video, 0, 0, width, height);
    try {
      return Promise.resolve(decodeQR(context.getImageData(0, 0, width, height)));
    } catch {
      // It throws for every picture without a code.
      return Promise.resolve(null);
    }
  };
}
