import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { CameraOffIcon, PasteIcon } from '../parts/more-icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { say } from '../strings.ts';
import { sayTrust } from '../strings/trust.ts';
import { openCamera, readCodes } from './camera.ts';
import type { CameraTrouble } from './camera.ts';

interface Props {
  readonly name: string;
  readonly onCode: (code: string) => Promise<void>;
  readonly onStop: () => void;
  readonly onPaste: () => void;
}

/** The camera, looking for a code. Its light goes off with this view. */
export function Scanner(props: Props) {
  const { announce } = useApp();
  const { name } = props;
  const state = useSignal<'starting' | 'scanning' | CameraTrouble>('starting');
  const video = useRef<HTMLVideoElement>(null);
  const stop = useFocusHere<HTMLButtonElement>();
  const latest = useRef(props.onCode);
  latest.current = props.onCode;

  useEffect(() => {
    const ending = new AbortController();
    const look = async () => {
      const camera = await openCamera();
      if (typeof camera === 'string') {
        state.value = camera;
        announce(sayTrust.scanner[camera]);
        return;
      }
      const close = () => camera.getTracks().forEach((track) => track.stop());
      ending.signal.addEventListener('abort', close);
      if (ending.signal.aborted || video.current === null) return close();
      video.current.srcObject = camera;
      state.value = 'scanning';
      await readCodes(video.current, (code) => void latest.current(code), ending.signal);
    };
    void look();
    return () => ending.abort();
  }, [announce, state]);

  const trouble = state.value !== 'starting' && state.value !== 'scanning';
  return (
    <section class="scanner" aria-label={sayTrust.scanner.label}>
      {trouble ? (
        <div class="scanner-off">
          <CameraOffIcon />
        </div>
      ) : (
        <div class="scanner-view">
          {/* The attributes in this form, too: iOS starts nothing by itself otherwise. */}
          <video ref={video} autoplay muted playsInline aria-hidden="true" />
        </div>
      )}
      <p class="help" role="status">
        {state.value === 'scanning' ? sayTrust.scanner.scanning(name) : sayTrust.scanner[state.value]}
      </p>
      <div class="dialog-buttons">
        {trouble && (
          <button type="button" class="button button-soft" onClick={props.onPaste}>
            <PasteIcon />
            {sayTrust.paste}
          </button>
        )}
        <button ref={stop} type="button" class="button" onClick={props.onStop}>
          {trouble ? say.cancel : sayTrust.scanner.stop}
        </button>
      </div>
    </section>
  );
}
