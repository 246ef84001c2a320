import { useEffect } from 'preact/hooks';
import { isConnected } from '../../models/status.ts';
import { useApp } from '../app-context.ts';

/**
 * Asks for what is missing above message `n`, the lowest such place near the screen; null for none. Once for each place,
 * and again whenever the connection has come back, because what was asked before it ended was not answered.
 */
export function useHole(n: number | null): void {
  const { actions, models } = useApp();
  const connected = isConnected(models.status.link.value);
  useEffect(() => {
    if (n !== null && connected) actions.fillHole(n);
  }, [actions, n, connected]);
}
