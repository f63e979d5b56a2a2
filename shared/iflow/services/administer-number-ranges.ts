import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { NumberRange, NumberRangeStore } from './number-ranges.ts';

/** Settings of a number range, each as an administrator has written it; undefined for left out. */
export type NumberRangeFields = Readonly<
  Partial<
    Record<'description' | 'minimum' | 'maximum' | 'rotate' | 'current' | 'fieldLength', string>
  >
>;

export interface NumberRangeAdministration {
  list(): Promise<readonly NumberRange[]>;
  /** @throws {Fault} 404 */
  get(name: string): Promise<NumberRange>;
  /** @throws {Fault} 400 for what is no number range; 409 for a name that is taken. */
  create(name: string, fields: NumberRangeFields, user: string): Promise<NumberRange>;
  /**
   * Changes what is given. Messages may draw numbers meanwhile: without a current value the next one
   * is what it is.
   * @throws {Fault} 400, 404
   */
  change(name: string, fields: NumberRangeFields, user: string): Promise<void>;
  /** @throws {Fault} 404 */
  remove(name: string): Promise<void>;
}

const MOST_TRIES = 200;
const LONGEST_NAME = 100;
const LONGEST_DESCRIPTION = 4000;
/** SAP Help, Managing Number Ranges: the maximum has less than 15 digits. */
const MOST_DIGITS = 14;

export function createNumberRangeAdministration(
  store: NumberRangeStore,
  clock: Clock,
): NumberRangeAdministration {
  const deployed = (user: string) => ({ deployedBy: user, deployedOn: clock.now() });
  return {
    list: () => store.list(),

    async get(name) {
      const found = await store.find(name);
      if (found === undefined) throw notFound();
      return found.value;
    },

    async create(name, fields, user) {
      if (!/^[A-Za-z0-9_ ]+$/.test(name) || name.trim() === '' || name.length > LONGEST_NAME) {
        throw invalid(`The Name has 1 to ${LONGEST_NAME} letters, digits, spaces and underscores.`);
      }
      const minimum = numberOf(fields.minimum, 'MinValue');
      const range = checked({
        ...rangeOf(fields, {
          name,
          description: '',
          minimum,
          maximum: numberOf(fields.maximum, 'MaxValue'),
          rotate: false,
          next: minimum,
          fieldLength: 0,
        }),
        ...deployed(user),
      });
      if (await store.create(range)) return range;
      throw new Fault(409, `A number range ${name} exists already.`, { reason: 'exists' });
    },

    async change(name, fields, user) {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const found = await store.find(name);
        if (found === undefined) throw notFound();
        const range = { ...rangeOf(fields, found.value), ...deployed(user) };
        // Used up it may stay; told a number, it is one of the range.
        checked(fields.current === undefined ? { ...range, next: range.minimum } : range);
        const next = Math.max(range.next, range.minimum);
        if (await store.replace({ ...range, next }, found.etag)) return;
      }
      throw new Fault(503, 'Messages keep drawing numbers. Try again.', {
        reason: 'busy',
        headers: { 'Retry-After': '1' },
      });
    },

    async remove(name) {
      if (!(await store.remove(name))) throw notFound();
    },
  };
}

type Settings = Omit<NumberRange, 'deployedBy' | 'deployedOn'>;

function rangeOf(fields: NumberRangeFields, before: Settings): Settings {
  const given = (text: string | undefined, name: string, otherwise: number): number =>
    text === undefined ? otherwise : numberOf(text, name);
  if (fields.rotate !== undefined && !/^(?:true|false)$/i.test(fields.rotate)) {
    throw invalid('Rotate is true or false.');
  }
  return {
    name: before.name,
    description: fields.description ?? before.description,
    minimum: given(fields.minimum, 'MinValue', before.minimum),
    maximum: given(fields.maximum, 'MaxValue', before.maximum),
    rotate: fields.rotate === undefined ? before.rotate : fields.rotate.toLowerCase() === 'true',
    next: given(fields.current, 'CurrentValue', before.next),
    fieldLength: given(fields.fieldLength, 'FieldLength', before.fieldLength),
  };
}

/** SAP Help, Managing Number Ranges. */
function checked<R extends Settings>(range: R): R {
  const { minimum, maximum, next, fieldLength, description } = range;
  if (maximum < minimum) throw invalid('MaxValue is not below MinValue.');
  if (next < minimum || next > maximum) {
    throw invalid('CurrentValue is from MinValue to MaxValue.');
  }
  const digits = String(maximum).length;
  if (fieldLength > MOST_DIGITS || (fieldLength > 0 && fieldLength < digits)) {
    throw invalid(
      `FieldLength is 0, or from the digits of MaxValue (${digits}) to ${MOST_DIGITS}.`,
    );
  }
  if (description.length > LONGEST_DESCRIPTION) {
    throw invalid(`The Description may have ${LONGEST_DESCRIPTION} characters.`);
  }
  return range;
}

function numberOf(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,14}$/.test(text)) return Number(text);
  throw invalid(`${name} is a whole number of 1 to ${MOST_DIGITS} digits.`);
}

const invalid = (text: string): Fault => new Fault(400, text, { reason: 'invalid_number_range' });
const notFound = (): Fault =>
  new Fault(404, 'Requested entity could not be found.', { reason: 'not_found' });
