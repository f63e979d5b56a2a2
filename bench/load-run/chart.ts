export interface Series {
  readonly name: string;
  readonly color: string;
  /** Seconds and value, in the order of time. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** What begins when. */
  readonly marks: readonly { readonly at: number; readonly text: string }[];
}

const WIDTH = 900;
const HEIGHT = 280;
const LEFT = 56;
const RIGHT = 16;
const TOP = 44;
const BOTTOM = 34;
/** Points of a line; more are drawn as the mean of their neighbours. */
const MOST_POINTS = 300;

/** A line chart over seconds as a standalone SVG. */
export function drawChart({ title, series, marks }: Chart): string {
  const points = series.flatMap((each) => each.points);
  const until = Math.max(1, ...points.map(([at]) => at));
  const top = niceCeiling(Math.max(1, ...points.map(([, value]) => value)));
  const x = (at: number): string => (LEFT + (at / until) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(top * share)}" y2="${y(top * share)}" stroke="#d0d7de"/>` +
      `<text x="${LEFT - 6}" y="${y(top * share)}" dy="4" text-anchor="end">${top * share}</text>`,
  );
  const steps = Array.from({ length: 6 }, (_, index) => (until * index) / 5);
  const times = steps.map(
    (at) => `<text x="${x(at)}" y="${HEIGHT - 12}" text-anchor="middle">${at.toFixed(0)} s</text>`,
  );
  const phases = marks.map(
    ({ at, text }, index) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#8c959f" stroke-dasharray="3 3"/>` +
      `<text x="${x(at)}" y="${TOP + 12 + (index % 2) * 12}" dx="3" fill="#57606a">${text}</text>`,
  );
  const lines = series.map(
    ({ color, points: own }) =>
      `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${thin(own)
        .map(([at, value]) => `${x(at)},${y(value)}`)
        .join(' ')}"/>`,
  );
  const legend = series.map(
    ({ name, color }, index) =>
      `<rect x="${280 + index * 160}" y="14" width="12" height="4" fill="${color}"/>` +
      `<text x="${298 + index * 160}" y="20">${name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="13">${title}</text>`,
    ...grid,
    ...times,
    ...phases,
    ...lines,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function thin(points: Series['points']): Series['points'] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  const thinned = [];
  for (let i = 0; i < points.length; i += size) {
    const group = points.slice(i, i + size);
    const mean = (index: 0 | 1): number =>
      group.reduce((sum, point) => sum + point[index], 0) / group.length;
    thinned.push([mean(0), mean(1)] as const);
  }
  return thinned;
}

/** The next 1, 2, 4 or 8 with zeros that is not below `value`, so that quarters are round. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 8, 10].find((step) => power * step >= value) ?? 10);
}
