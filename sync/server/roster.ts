import type { UserId } from '#shared/ids.ts';

/** Who is connected to the other nodes, as far as these have said. */
export interface Roster {
  has(user: UserId): boolean;
  /** Both return those who are now connected where they were nowhere before, or the other way round. */
  note(node: string, user: UserId, online: boolean): UserId[];
  replace(node: string, users: readonly UserId[]): UserId[];
}

export function createRoster(): Roster {
  const usersByNode = new Map<string, Set<UserId>>();
  /** On how many nodes somebody is. */
  const nodesByUser = new Map<UserId, number>();

  function come(node: string, user: UserId): boolean {
    const there = usersByNode.get(node) ?? new Set();
    if (there.has(user)) return false;
    usersByNode.set(node, there.add(user));
    const nodes = (nodesByUser.get(user) ?? 0) + 1;
    nodesByUser.set(user, nodes);
    return nodes === 1;
  }

  function go(node: string, user: UserId): boolean {
    const there = usersByNode.get(node);
    if (!there?.delete(user)) return false;
    if (there.size === 0) usersByNode.delete(node);
    const nodes = (nodesByUser.get(user) ?? 0) - 1;
    if (nodes > 0) nodesByUser.set(user, nodes);
    else nodesByUser.delete(user);
    return nodes === 0;
  }

  return {
    has: (user) => nodesByUser.has(user),
    note: (node, user, online) => ((online ? come : go)(node, user) ? [user] : []),
    replace(node, users) {
      const now = new Set(users);
      const gone = [...(usersByNode.get(node) ?? [])].filter((user) => !now.has(user) && go(node, user));
      return [...gone, ...[...now].filter((user) => come(node, user))];
    },
  };
}
