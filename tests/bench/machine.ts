import { execFile } from 'node:child_process';
import { fdatasyncSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumPath } from '#tests/support/chromium.ts';
import { median } from './statistics.ts';
import { type Report, short } from './table.ts';

/** What the figures were measured on. */
export async function describeMachine(): Promise<Report> {
  const processors = cpus();
  const { stdout } = await promisify(execFile)(await chromiumPath(), ['--version'], { timeout: 10_000 });
  const facts = {
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    browser: stdout.trim().replace(/ built on.*$/, ''),
    flush: `${short(await flushTime())} µs`,
  };
  const rows = [
    ['Processor', facts.processor],
    ['Memory', facts.memory],
    ['System', facts.system],
    ['Node', facts.node],
    ['Browser', facts.browser],
    ['Flush of 4 KiB to disk (fdatasync, median)', facts.flush],
  ];
  return { tables: [{ name: 'machine', columns: ['', ''], rows }], figures: facts };
}

/** Microseconds to make 4 KiB durable where the benchmark keeps its database. */
async function flushTime(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'nexchat-flush-'));
  const file = await open(join(dir, 'page'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times: number[] = [];
  try {
    for (let at = 0; at < 200; at++) {
      await file.write(page, 0, page.length, at * page.length);
      const began = performance.now();
      fdatasyncSync(file.fd);
      times.push((performance.now() - began) * 1000);
    }
  } finally {
    await file.close();
    await rm(dir, { recursive: true });
  }
  return median(times);
}
