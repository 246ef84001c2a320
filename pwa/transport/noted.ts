import type { Transport } from '#sync/client/ports.ts';
import type { LeadStore } from '../store/ports.ts';

/**
 * `transport`, with each connection noted in the store before anything is said on it: what was never said can still be
 * taken back.
 */
export function noted(transport: Transport, store: Pick<LeadStore, 'connection'>): Transport {
  return {
    connect(events) {
      let stood = false;
      let over = false;
      const note = store.connection();
      return transport.connect({
        open(exchange) {
          stood = true;
          void note.stands().then(() => {
            if (!over) events.open(exchange);
          });
        },
        frame: events.frame,
        closed(code) {
          over = true;
          void note.ended(stood);
          events.closed(code);
        },
      });
    },
  };
}
