import type { LoadRow, LoadTable, Role } from './results.ts';

const WIDTH = 860;
const LABELS = 400;
const ROW = 26;
const BAR = 16;
const TOP = 62;

/** Told apart by lightness as well; every bar has its name and figure beside it. */
const FILLS: Readonly<Record<Role, { light: string; dark: string; text: string }>> = {
  flowgate: { light: '#0b5cad', dark: '#6cb6ff', text: 'Flowgate' },
  peer: { light: '#9a6700', dark: '#d4a72c', text: 'other products' },
  host: { light: '#57606a', dark: '#8b949e', text: 'bare Functions host' },
  floor: { light: '#a8b1ba', dark: '#5b636e', text: 'bare node:http' },
};

/**
 * A bar chart of CPU per request as SVG: readable on a light and on a dark page, and, by title and
 * description, without being seen.
 */
export function drawChart({ id, title, rows }: LoadTable): string {
  const sorted = rows.toSorted((a, b) => a.cpu - b.cpu);
  const most = Math.max(...rows.map(({ cpu }) => cpu));
  const room = WIDTH - LABELS - 90;
  const height = TOP + sorted.length * ROW + 12;
  const heading = `${title}: CPU µs per request`;
  const description = sorted.map((row) => `${row.name}: ${figure(row)}`).join('; ');
  const roles = (Object.keys(FILLS) as Role[]).filter((role) => rows.some((r) => r.role === role));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">${escape(heading)}</title>`,
    `<desc id="${id}-description">${escape(description)}.</desc>`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="heading" x="16" y="26">${escape(heading)}</text>`,
    legend(roles),
    ...sorted.map((row, i) => {
      const y = TOP + i * ROW;
      const length = Math.max(1, Math.round((row.cpu / most) * room));
      const weight = row.role === 'flowgate' ? ' class="ours"' : '';
      return [
        `<text${weight} x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escape(row.name)}</text>`,
        `<rect class="${row.role}" x="${LABELS}" y="${y}" width="${length}" height="${BAR}" rx="2"/>`,
        `<text${weight} x="${LABELS + length + 6}" y="${y + 13}">${figure(row)}</text>`,
      ].join('');
    }),
    '</svg>',
  ].join('\n')}\n`;
}

function legend(roles: readonly Role[]): string {
  let x = 16;
  return roles
    .map((role) => {
      const { text } = FILLS[role];
      const entry = `<rect class="${role}" x="${x}" y="37" width="11" height="11" rx="2"/><text x="${x + 16}" y="47">${text}</text>`;
      x += 34 + text.length * 7;
      return entry;
    })
    .join('');
}

/** The picture follows the reader's system, whatever the page around it does: it has its own ground. */
function style(): string {
  const rules = (theme: 'light' | 'dark'): string =>
    (Object.keys(FILLS) as Role[]).map((role) => `.${role}{fill:${FILLS[role][theme]}}`).join('');
  return [
    "text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}",
    '.heading{font-size:15px;font-weight:600}.ours{font-weight:600}.page{fill:#ffffff}',
    rules('light'),
    `@media (prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}${rules('dark')}}`,
  ].join('');
}

const figure = ({ cpu }: LoadRow): string => Math.round(cpu).toLocaleString('en-US');

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
