import { FAULTS, type Scenario } from './scenario.ts';
import { type Report, simulate } from './simulate.ts';

/**
 * The smallest run that was found to break the same promise: with fewer actions, people, devices and faults. Each try
 * leaves out something more, and keeps it out when the run fails as before.
 */
export async function shrink(scenario: Scenario, rule: string, tries = 300): Promise<[Scenario, Report]> {
  let [smallest, found] = [scenario, await simulate(scenario)];
  let left = tries;

  async function tryOut(smaller: Scenario): Promise<boolean> {
    if (left-- <= 0) return false;
    const report = await simulate(smaller);
    if (!report.faults.some((fault) => fault.startsWith(`${rule}:`))) return false;
    [smallest, found] = [smaller, report];
    return true;
  }

  for (let shrank = true; shrank && left > 0;) {
    shrank = false;
    for (const fault of FAULTS) {
      const without = smallest.without ?? [];
      if (!without.includes(fault))
        shrank = (await tryOut({ ...smallest, without: [...without, fault] })) || shrank;
    }
    for (const users of [2, 3]) {
      if (users < (smallest.users ?? 4)) shrank = (await tryOut({ ...smallest, users })) || shrank;
    }
    if (smallest.devices !== 1) shrank = (await tryOut({ ...smallest, devices: 1 })) || shrank;
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const actions = Math.floor(smallest.actions * share);
      if (actions > 0 && (await tryOut({ ...smallest, actions }))) {
        shrank = true;
        break;
      }
    }
  }
  return [smallest, found];
}

/** The line that plays a scenario again. */
export function commandOf({ seed, actions, users, devices, without }: Scenario): string {
  const options = [
    `--seed ${seed} --actions ${actions}`,
    users === undefined ? '' : `--users ${users}`,
    devices === undefined ? '' : `--devices ${devices}`,
    without?.length ? `--without ${without.join(',')}` : '',
  ];
  return `npm run sim -- ${options.filter((option) => option !== '').join(' ')}`;
}
