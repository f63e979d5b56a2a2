import { guestCollections } from './guest-collections.ts';
import { guestCore } from './guest-core.ts';
import { guestMessage } from './guest-message.ts';
import { guestNames } from './guest-names.ts';
import { guestStrings } from './guest-strings.ts';

/** Errors' own lines are found by file name; those of this file are not shown to anybody. */
export const GUEST_FILE = '<flowgate>';

/** Characters of headers, properties and log entries that a script may hand back. */
export const MAX_RESULT_CHARACTERS = 1024 * 1024;
/** Lists in lists that a header or property may hold. */
export const MAX_VALUE_DEPTH = 16;
/** Properties that may be bytes. */
export const MAX_BYTES_PROPERTIES = 100;
const MAX_VALUE_NODES = 10_000;

/** What the parts of `parts.ts` may use of this guest. */
export const CORE_NAMES =
  'host, hide, isObject, same, show, unbox, stringify, parse, decode, encode, decodeUtf8, encodeUtf8, charsetOf, isBytes, toBytes, Class, define, find, raise, classNameOf, addProperties, elements, natural, comparing, JavaIterator, Collection, ArrayList, AbstractMap, HashMap, CharArray, charsOf, JavaString, outgoing, textOrEmpty, InvalidResult';

/**
 * What runs in the guest around a script. The source's value is a function of the host's random
 * source and of the host that returns `[begin, run, finish, describe, take, parse]`:
 * - `begin(fileName, classes)` before the script is compiled, with classes whose parts it will want,
 *   each in a line.
 * - `run(envelope, body)`, `finish()` once the jobs of a promise have run, and `describe(error)` for
 *   what the script's top level threw return an outcome, `<kind><parts><JSON>\n<body>`: kind `U` for
 *   an unchanged body, `T` for text, `J` for text as JSON because of lone surrogates, `B` for bytes,
 *   `P` for a promise still pending, `E` for a failure; `parts` is how many texts and bytes there are
 *   to `take(index)` beside the body, whose bytes are `take(-1)`.
 * - the envelope is three or four lines: function name; headers, properties and what there is of
 *   attachments, as JSON.
 * A part is loaded when one of its classes is, and given {@link CORE_NAMES}.
 */
export const guestSource = `(function (random, host) {
'use strict';
${guestCore}
${guestCollections}
${guestStrings}
${guestMessage}
${guestNames}
${String.raw`
Math.random = () => random();
class InvalidResult extends Error {}
const core = { ${CORE_NAMES} };

const evaluate = eval;
const InternalError = globalThis.InternalError;

/** A header or property as plain JSON-like data. */
let nodes = 0;
const toValue = (value, depth = 0) => {
  if (++nodes > ${MAX_VALUE_NODES}) throw new InvalidResult('The headers and properties hold more than ${MAX_VALUE_NODES} values.');
  switch (typeof value) {
    case 'string': return value;
    case 'boolean': return value;
    case 'undefined': return null;
    case 'number': return Number.isFinite(value) ? value : String(value);
    case 'object': break;
    default: return String(value);
  }
  if (value === null) return null;
  if (unbox(value) !== value) return toValue(unbox(value), depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (isBytes(value)) return decodeUtf8(toBytes(value));
  if (depth >= ${MAX_VALUE_DEPTH}) throw new InvalidResult('A header or property is nested more than ${MAX_VALUE_DEPTH} levels deep.');
  // What a class of a part is as a value.
  if (typeof value.value_ === 'function') return value.value_();
  if (value instanceof AbstractMap) {
    return Object.fromEntries(Array.from(value.pairs_(), ([key, item]) => [String(key), toValue(item, depth + 1)]));
  }
  if (value instanceof CharArray) return String(value);
  if (Array.isArray(value)) return Array.from(value, (item) => toValue(item, depth + 1));
  if (value instanceof Collection) return value.toArray().map((item) => toValue(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return String(value);
  return Object.fromEntries(Object.keys(value).map((key) => [key, toValue(value[key], depth + 1)]));
};

let fileName = '';
let functionName = '';
let original;
let promise;
let settled;
let bytes;

const entriesOf = (map) => Array.from(map.pairs_(), ([name, value]) => [String(name), toValue(value)]);

/** Bytes are no JSON: they go out beside it. A long text that came in goes out as its name. */
const propertiesOf = (map) => {
  let count = 0;
  return Array.from(map.pairs_(), ([name, value]) => {
    if (map.isGiven_(name, value)) return [name];
    if (!isBytes(value)) return [String(name), toValue(value)];
    if (++count > ${MAX_BYTES_PROPERTIES}) throw new InvalidResult('More than ${MAX_BYTES_PROPERTIES} properties are bytes.');
    return [String(name), null, outgoing.push(toBytes(value).slice()) - 1];
  });
};

const succeed = (result) => {
  if (!(result instanceof Message)) {
    const found =
      result === undefined ? 'nothing' : result === null ? 'null' : 'something else (' + typeof result + ')';
    throw new InvalidResult('The function ' + functionName + ' returned ' + found + ' instead of the message: end it with "return message;".');
  }
  const { headers, properties, attachments, body, bodyChanged } = partsOf(result);
  const foreign = result !== original;
  const meta = {};
  if (foreign || headers.touched_) meta.headers = entriesOf(headers.open_());
  if (foreign || properties.touched_) meta.properties = propertiesOf(properties.open_());
  if (attachments !== undefined) meta.attachments = attachmentTools().toResult(attachments, foreign);
  else if (foreign) meta.attachments = [];
  if (log.length > 0) meta.log = log;
  const json = outgoing.length + stringify(meta);
  if (json.length > ${MAX_RESULT_CHARACTERS}) {
    throw new InvalidResult('The headers, properties and log entries of the result exceed ${MAX_RESULT_CHARACTERS} characters.');
  }
  if (!foreign && !bodyChanged) return 'U' + json + '\n';
  if (typeof body === 'string') {
    return body.isWellFormed() ? 'T' + json + '\n' + body : 'J' + json + '\n' + stringify(body);
  }
  bytes = body;
  return 'B' + json + '\n';
};

/** What the script has told the message processing log before it failed goes with it, if it can. */
const fail = (reason, message) => {
  const failure = { reason, message: message.slice(0, 2000) };
  try {
    if (log.length > 0) return 'E' + outgoing.length + stringify({ ...failure, log }) + '\n';
  } catch {}
  return 'E0' + stringify(failure) + '\n';
};

/** Where in the script's own lines an error was made. */
const positionIn = (stack) => {
  for (const line of stack.split('\n', 100)) {
    const found = /:(\d+):(\d+)\)?$/.exec(line);
    if (found !== null && line.slice(0, found.index).endsWith(fileName)) {
      return ' (' + fileName + ':' + found[1] + ':' + found[2] + ')';
    }
  }
  return ' (' + fileName + ')';
};
const textOf = (value) => {
  try {
    if (typeof value === 'object' && value !== null && !(value instanceof Error)) {
      const text = value.toString === Object.prototype.toString ? stringify(value) : String(value);
      return String(text);
    }
    return typeof value === 'symbol' ? value.toString() : String(value);
  } catch {
    return 'a value that cannot be shown';
  }
};
const describe = (error) => {
  if (error instanceof InvalidResult) return fail('invalid_result', error.message);
  if (!(error instanceof Error)) return fail(error === null ? 'null' : 'thrown', textOf(error) + ' (' + fileName + ')');
  if (error instanceof InternalError && (error.message === 'out of memory' || error.message === 'string too long')) {
    return fail('memory', '');
  }
  let text = 'an error that cannot be shown';
  let stack = '';
  try {
    const name = String(error.name);
    const message = String(error.message);
    text = message === '' ? name : name + ': ' + message;
    stack = String(error.stack);
  } catch {}
  return fail('thrown', text.slice(0, 1500) + positionIn(stack));
};

const findFunction = () => {
  const found = globalThis[functionName];
  if (typeof found === 'function') return found;
  // A const or let of the top level is no property of the global object.
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(functionName)) return undefined;
  try {
    const value = evaluate(functionName);
    return typeof value === 'function' ? value : undefined;
  } catch {
    return undefined;
  }
};

const protect = (work) => {
  try {
    return work();
  } catch (error) {
    return describe(error);
  }
};

const run = (envelope, body) => protect(() => {
  const [name, headers, properties, attachments] = envelope.split('\n');
  functionName = name;
  original = new Message(headers, properties, body, attachments);
  const found = findFunction();
  if (found === undefined) {
    return fail('missing_function', 'The script ' + fileName + ' has no function ' + functionName + '.');
  }
  const result = found(original);
  if (!(result instanceof Promise)) return succeed(result);
  promise = result;
  promise.then(
    (value) => { settled = () => succeed(value); },
    (error) => { settled = () => { throw error; }; },
  );
  return 'P0\n';
});

const finish = () => protect(() => {
  if (settled === undefined) {
    throw new InvalidResult('The promise that the function ' + functionName + ' returned is never settled: nothing that it waits for will happen.');
  }
  return settled();
});

const begin = (name, wanted) => {
  fileName = name;
  if (wanted !== '') wanted.split('\n').forEach(find);
};

return [begin, run, finish, describe, (index) => (index < 0 ? bytes : outgoing[index]), (json) => parse(json)];
`}
})`;
