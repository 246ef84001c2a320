/** The picture of a call in a small window above all others. */
export interface PopOut {
  /** In the breath of a click. Rejects when the browser does not let us. */
  open(stream: MediaStream, name: string): Promise<void>;
  show(stream: MediaStream | null): void;
  close(): void;
}

/** Document Picture-in-Picture (WICG), which only Chromium has. */
interface DocumentPictureInPicture {
  requestWindow(size: { readonly width: number; readonly height: number }): Promise<Window>;
}
declare global {
  interface Window {
    readonly documentPictureInPicture?: DocumentPictureInPicture;
  }
}

export const canPopOut = (): boolean =>
  window.documentPictureInPicture !== undefined || document.pictureInPictureEnabled;

export function createPopOut(changed: (open: boolean) => void): PopOut {
  let video: HTMLVideoElement | null = null;
  let leave = () => {};

  function makeVideo(of: Document, stream: MediaStream, name: string): HTMLVideoElement {
    const made = of.createElement('video');
    made.muted = true;
    made.autoplay = true;
    made.playsInline = true;
    made.srcObject = stream;
    made.setAttribute('aria-label', name);
    return made;
  }

  function gone(): void {
    if (video !== null) video.srcObject = null;
    video = null;
    leave = () => {};
    changed(false);
  }

  async function openWindow(
    from: DocumentPictureInPicture,
    stream: MediaStream,
    name: string,
  ): Promise<void> {
    const own = await from.requestWindow({ width: 400, height: 300 });
    own.document.title = name;
    const { style } = own.document.body;
    // Set here and not by a sheet: the window begins with none.
    style.margin = '0';
    style.background = '#000';
    video = makeVideo(own.document, stream, name);
    Object.assign(video.style, { width: '100vw', height: '100vh', objectFit: 'contain' });
    own.document.body.append(video);
    own.addEventListener('pagehide', gone, { once: true });
    leave = () => own.close();
  }

  async function openVideo(stream: MediaStream, name: string): Promise<void> {
    const made = makeVideo(document, stream, name);
    await made.play();
    await made.requestPictureInPicture();
    video = made;
    made.addEventListener('leavepictureinpicture', gone, { once: true });
    leave = () => void document.exitPictureInPicture().catch(gone);
  }

  return {
    async open(stream, name) {
      if (video !== null) return leave();
      const own = window.documentPictureInPicture;
      await (own === undefined ? openVideo(stream, name) : openWindow(own, stream, name));
      changed(true);
    },
    show(stream) {
      if (video !== null) video.srcObject = stream;
    },
    close: () => leave(),
  };
}
