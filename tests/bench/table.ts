/** What a part of the benchmark found: printed as a table, kept as numbers. */
export interface Report {
  readonly tables: readonly Table[];
  /** The numbers behind the tables, for bench.json. */
  readonly figures: unknown;
}

export interface Table {
  /** Names its place in docs/performance.md. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A Markdown table whose columns are also aligned in a terminal: words to the left, figures to the right. */
export function toMarkdown({ columns, rows }: Table): string {
  const widths = columns.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (at === 0 ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

/** The document with what stands between `<!-- bench:NAME -->` and `<!-- /bench -->` replaced by the table. */
export function replaceTable(document: string, table: Table): string {
  const [open, close] = [`<!-- bench:${table.name} -->`, '<!-- /bench -->'];
  const start = document.indexOf(open);
  const end = document.indexOf(close, start);
  if (start < 0 || end < 0) throw new Error(`The document has no place ${open} … ${close}.`);
  return `${document.slice(0, start + open.length)}\n\n${toMarkdown(table)}\n\n${document.slice(end)}`;
}

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** `12,345` */
export const whole = (value: number): string => grouped.format(value);
/** Three significant digits: `0.0123`, `1.23`, `12.3`, `1,230`. */
export const short = (value: number): string =>
  value >= 100 ? whole(value) : Number(value.toPrecision(3)).toString();
