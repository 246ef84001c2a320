import { createLocalBus } from '#api/bus/local.ts';
import { describeBus } from './bus.ts';

describeBus('one process', async () => ({ bus: createLocalBus(), close: async () => {} }));
