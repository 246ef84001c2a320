import { ObjectId } from 'mongodb';
import type { AccountStore } from '../ports.ts';
import type { Collections, ReportDoc } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import { keyOf } from './values.ts';

/** What the operator is told, and how much there is of everything. */
export function createReports({
  users,
  sessions,
  friendships,
  messages,
  calls,
  log,
  reports,
}: Collections): Pick<AccountStore, 'addReport' | 'reports' | 'stats'> {
  return {
    async addReport(report) {
      const _id = keyOf(report.from, report.about);
      const doc = { ...report, order: new ObjectId() };
      await untilDone(async () => {
        if (await reports.findOneAndReplace({ _id: { $eq: _id } }, doc)) return true;
        try {
          await reports.insertOne({ _id, ...doc });
          return true;
        } catch (error) {
          if (isDuplicate(error)) return undefined;
          throw error;
        }
      });
    },
    async reports(limit) {
      const found = await reports.find().sort({ time: -1, order: -1 }).limit(limit).toArray();
      return found.map(({ from, about, reason, note, time }: ReportDoc) => {
        return { from, about, reason, note, time };
      });
    },
    /** What grows with what is said is counted by the database's own books, not one by one. */
    async stats() {
      const there = { deleted: { $eq: null } };
      const [people, suspended, open, friends, sent, called, entries, told] = await Promise.all([
        users.countDocuments(there),
        users.countDocuments({ ...there, suspended: { $ne: null } }),
        sessions.countDocuments({ ended: { $eq: null } }),
        friendships.countDocuments({ state: { $eq: 'friends' } }),
        messages.estimatedDocumentCount(),
        calls.estimatedDocumentCount(),
        log.estimatedDocumentCount(),
        reports.estimatedDocumentCount(),
      ]);
      return {
        users: people,
        suspended,
        sessions: open,
        friendships: friends,
        messages: sent,
        calls: called,
        entries,
        reports: told,
      };
    },
  };
}
