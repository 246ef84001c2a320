import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { say } from '../strings.ts';

/** The browser lacks what the app can't do without: a secure address, or storage. */
export function Unusable() {
  const { session } = useApp().models;
  const noStorage = session.error.value === 'STORAGE_UNAVAILABLE';
  return (
    <main class="door">
      <div class="door-card glass unusable">
        <BrandMark />
        <h1>{noStorage ? say.unusable.storageTitle : say.unusable.insecureTitle}</h1>
        <p>{noStorage ? say.unusable.storage : say.unusable.insecure}</p>
      </div>
    </main>
  );
}
