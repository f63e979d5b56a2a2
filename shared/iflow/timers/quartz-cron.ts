/** A cron expression that cannot be used; `message` is a clause. */
export class CronFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CronFault';
  }
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
  /** What Quartz allows beside values, as it is handed on. */
  readonly special?: RegExp;
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const FIELDS: readonly Field[] = [
  { name: 'second', least: 0, most: 59 },
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31, special: /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of the week', least: 1, most: 7, names: DAYS, special: /^[1-7](?:L|#[1-5])$/ },
  { name: 'year', least: 1970, most: 2099 },
];

/**
 * Reads a cron expression of the Quartz Scheduler, which SAP's timers are made of: six or seven fields,
 * a year last. Ranges, steps, names, `L`, `W` and `#` are as Quartz has them.
 * @returns seven fields of values, `*` and what is special.
 * @throws {CronFault}
 */
export function readQuartzCron(expression: string): string {
  const texts = expression
    .trim()
    .toUpperCase()
    .split(/[+\s]+/);
  if (texts.length < 6 || texts.length > 7) {
    throw new CronFault(`has ${texts.length} fields; it has six, or seven with the year`);
  }
  const fields = FIELDS.map((field, i) => readField(texts[i] ?? '*', field));
  const [, , , day, , weekday] = fields;
  if (day !== '*' && weekday !== '*') {
    throw new CronFault('names days of the month and of the week; one of the two is ?');
  }
  return fields.join(' ');
}

function readField(text: string, field: Field): string {
  if (text === '*' || (text === '?' && field.name.startsWith('day'))) return '*';
  const values = new Set<number>();
  const special: string[] = [];
  for (const item of text.split(',')) {
    const named = byNumber(item, field);
    if (field.special?.test(named) === true) special.push(named);
    // By itself it is the last day of the week.
    else if (named === 'L' && field.names === DAYS) values.add(7);
    else for (const value of valuesOf(named, item, field)) values.add(value);
  }
  if (special.includes('LW') && special.length + values.size > 1) throw unreadable(text, field);
  const all = values.size === field.most - field.least + 1;
  return all ? '*' : [...[...values].sort((a, b) => a - b), ...special].join(',');
}

/** `FRI#3` as `6#3`. */
function byNumber(item: string, { names = [], least }: Field): string {
  return item.replace(/[A-Z]{3}/g, (name) => {
    const index = names.indexOf(name);
    return index < 0 ? name : String(index + least);
  });
}

function valuesOf(named: string, item: string, field: Field): number[] {
  const { least, most } = field;
  const found = /^(?:\*|(\d{1,4})(?:-(\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(named);
  if (found === null) throw unreadable(item, field);
  const [, low, high, step] = found;
  const from = low === undefined ? least : Number(low);
  // `5/15` goes on to the end of the field; `5` stands alone.
  const to =
    high !== undefined ? Number(high) : low !== undefined && step === undefined ? from : most;
  const every = step === undefined ? 1 : Number(step);
  const inside = [from, to].every((value) => value >= least && value <= most);
  if (!inside || every < 1) throw unreadable(item, field);
  const values: number[] = [];
  // A range may go round: `22-2`, `FRI-MON`. Years do not.
  const end = from <= to ? to : to + (most - least + 1);
  if (end !== to && field.name === 'year') throw unreadable(item, field);
  for (let value = from; value <= end; value += every) {
    values.push(value > most ? value - (most - least + 1) : value);
  }
  return values;
}

function unreadable(item: string, { name }: Field): CronFault {
  return new CronFault(`has ${JSON.stringify(item.slice(0, 50))} for the ${name}`);
}
