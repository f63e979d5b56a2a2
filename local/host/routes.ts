/**
 * Route templates as ASP.NET Core matches them: literals ignore case, `{p}`, `{p?}`, `{p=default}`,
 * `{*p}`, constraints such as `{id:int}`, and segments that mix text and parameters.
 */
export interface Route {
  /** The parameters' values when the path matches; an absent `{p?}` or `{*p}` is left out. */
  match(path: PathSegments): Record<string, string> | undefined;
}

/** A decoded path, cut up once for all the routes that it is tried on. */
export interface PathSegments {
  readonly path: string;
  readonly segments: readonly string[];
  readonly lowerCase: readonly string[];
}

/** One slash at the end counts for nothing; an empty segment in the middle matches only in `{*p}`. */
export function cutPath(path: string): PathSegments {
  const inner = path.slice(1, path.endsWith('/') ? -1 : undefined);
  const segments = path.length <= 1 ? [] : inner.split('/');
  return { path, segments, lowerCase: segments.map((segment) => segment.toLowerCase()) };
}

type Check = (value: string) => boolean;

interface Parameter {
  readonly name: string;
  readonly catchAll: boolean;
  readonly optional: boolean;
  readonly fallback: string | undefined;
  readonly checks: readonly Check[];
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  | { readonly kind: 'mixed'; readonly pattern: RegExp; readonly parameters: readonly Parameter[] };

/** @throws {Error} when the template is not one, or uses what this host does not know. */
export function compileRoute(template: string): Route {
  const texts = template === '' ? [] : template.split('/');
  const segments = texts.map((text) => compileSegment(text, template));
  segments.forEach((segment, index) => {
    if (segment.kind !== 'parameter' || index === segments.length - 1) return;
    if (segment.parameter.catchAll || segment.parameter.optional) {
      throw new Error(`Route "${template}": {*p} and {p?} are allowed only at the end.`);
    }
  });
  return { match: (path) => match(segments, path) };
}

function match(
  segments: readonly Segment[],
  { path, segments: given, lowerCase }: PathSegments,
): Record<string, string> | undefined {
  let params: Record<string, string> | undefined;
  let offset = 1;
  for (let i = 0; i < given.length; i += 1) {
    const text = given[i] ?? '';
    const segment = segments[i];
    if (text === '' || segment === undefined) return undefined;
    if (segment.kind === 'literal') {
      if (segment.text !== lowerCase[i]) return undefined;
    } else if (segment.kind === 'parameter') {
      const { parameter } = segment;
      const value = parameter.catchAll ? path.slice(offset) : text;
      if (!parameter.checks.every((check) => check(value))) return undefined;
      (params ??= newParams())[parameter.name] = value;
      if (parameter.catchAll) return params;
    } else {
      const found = segment.pattern.exec(text);
      if (found === null) return undefined;
      params ??= newParams();
      for (const [index, parameter] of segment.parameters.entries()) {
        const value = found[index + 1] ?? '';
        if (!parameter.checks.every((check) => check(value))) return undefined;
        params[parameter.name] = value;
      }
    }
    offset += text.length + 1;
  }
  for (let i = given.length; i < segments.length; i += 1) {
    const segment = segments[i];
    if (segment?.kind !== 'parameter') return undefined;
    const { name, optional, catchAll, fallback } = segment.parameter;
    if (fallback !== undefined) (params ??= newParams())[name] = fallback;
    else if (!optional && !catchAll) return undefined;
  }
  return params ?? newParams();
}

/** Parameter names and values are the caller's; they must not meet `Object.prototype`. */
function newParams(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function compileSegment(text: string, template: string): Segment {
  if (text === '') throw new Error(`Route "${template}" has an empty segment.`);
  const parts = text.split(/(\{[^{}]*\})/).filter((part) => part !== '');
  const [only] = parts;
  if (!/[{}]/.test(text)) return { kind: 'literal', text: text.toLowerCase() };
  if (parts.length === 1 && only?.startsWith('{')) {
    return { kind: 'parameter', parameter: compileParameter(only, template) };
  }
  const parameters: Parameter[] = [];
  let pattern = '';
  for (const part of parts) {
    if (!part.startsWith('{')) {
      if (/[{}]/.test(part)) throw new Error(`Route "${template}" has a brace without its pair.`);
      pattern += part.replace(/[\\^$.*+?()[\]|/-]/g, '\\$&');
      continue;
    }
    const parameter = compileParameter(part, template);
    if (parameter.catchAll || parameter.optional || parameter.fallback !== undefined) {
      throw new Error(`Route "${template}": "${part}" must be a segment of its own.`);
    }
    parameters.push(parameter);
    // Greedy, because ASP.NET Core looks for the last place where the text that follows occurs.
    pattern += '(.+)';
  }
  return { kind: 'mixed', pattern: new RegExp(`^${pattern}$`, 'is'), parameters };
}

function compileParameter(text: string, template: string): Parameter {
  const found =
    /^\{(\*{0,2})([A-Za-z_][A-Za-z0-9_]*)((?::[a-z]+(?:\([^()]*\))?)*)(?:=([^?]*))?(\?)?\}$/.exec(
      text,
    );
  if (found === null) {
    throw new Error(`Route "${template}": the local host does not know "${text}".`);
  }
  const [, stars, name, constraints, fallback, optional] = found;
  const checks = [...(constraints ?? '').matchAll(/:([a-z]+)(?:\(([^()]*)\))?/g)].map((each) => {
    const check = constraint(each[1] ?? '', (each[2] ?? '').split(',').map(Number));
    if (check === undefined) {
      throw new Error(
        `Route "${template}": the local host does not know the constraint "${each[0]}".`,
      );
    }
    return check;
  });
  return {
    name: name ?? '',
    catchAll: stars !== '',
    optional: optional !== undefined,
    fallback,
    checks,
  };
}

function constraint(name: string, [first = NaN, second = first]: number[]): Check | undefined {
  const whole = (value: string): number => (/^-?\d{1,15}$/.test(value) ? Number(value) : NaN);
  switch (name) {
    case 'int':
      return (value) => Math.abs(whole(value)) <= 0x7fffffff;
    case 'long':
      return (value) => /^-?\d{1,18}$/.test(value);
    case 'bool':
      return (value) => /^(true|false)$/i.test(value);
    case 'alpha':
      return (value) => /^[a-z]*$/i.test(value);
    case 'guid':
      return (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
    case 'length':
      return (value) => value.length >= first && value.length <= second;
    case 'minlength':
      return (value) => value.length >= first;
    case 'maxlength':
      return (value) => value.length <= first;
    case 'min':
      return (value) => whole(value) >= first;
    case 'max':
      return (value) => whole(value) <= first;
    case 'range':
      return (value) => whole(value) >= first && whole(value) <= second;
    default:
      return undefined;
  }
}
