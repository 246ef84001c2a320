import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** A moving picture without its sound, which the call itself plays. Only the person's own is shown as in a mirror. */
export function Picture(props: { stream: MediaStream; own?: boolean }) {
  const { stream, own = false } = props;
  const video = useRef<HTMLVideoElement>(null);
  const upright = useSignal(false);
  const mirrored = useSignal(false);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = stream;
    return () => (element.srcObject = null);
  }, [stream]);
  /** Called for the first picture and whenever the camera is turned or changed. */
  const measure = ({ videoWidth, videoHeight }: HTMLVideoElement) => {
    upright.value = videoHeight > videoWidth;
    const { facingMode, displaySurface } = stream.getVideoTracks()[0]?.getSettings() ?? {};
    mirrored.value = own && facingMode !== 'environment' && displaySurface === undefined;
  };
  return (
    // The attributes in this form: iOS starts nothing by itself otherwise.
    <video
      ref={video}
      class="picture"
      data-upright={upright.value}
      data-mirrored={mirrored.value}
      autoplay
      muted
      playsInline
      disablePictureInPicture
      aria-hidden="true"
      onResize={(event) => measure(event.currentTarget)}
      onLoadedMetadata={(event) => measure(event.currentTarget)}
    />
  );
}
