import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseBicep } from './parse.ts';
import type { Declaration, Expression } from './syntax.ts';

/** A resource as it would be asked of Azure. */
export interface Resource {
  readonly type: string;
  readonly apiVersion: string;
  /** Names of the parents and its own, with slashes. */
  readonly name: string;
  readonly id: string;
  /** Id of the resource that it applies to, where that is not its group. */
  readonly scope: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly isOnlyIfNotExists: boolean;
}

export interface Deployment {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

type Values = Readonly<Record<string, unknown>>;

/** What only Azure can know, such as a property of a resource once it is there. */
class Later {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  toString(): string {
    return `<${this.path}>`;
  }
  toJSON(): string {
    return this.toString();
  }
}

/** A resource or module in the reach of expressions. */
class Made {
  readonly members: Values;
  readonly resource: Resource | undefined;
  constructor(members: Values, resource?: Resource) {
    this.members = members;
    this.resource = resource;
  }
}

const hash = (args: readonly unknown[]): Buffer =>
  createHash('sha256').update(args.map(String).join('\0')).digest();
const text = (value: unknown): string => String(value);

/** As Azure's in form: `uniqueString` has 13 characters, `guid` is a UUID, both from their arguments. */
const FUNCTIONS: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  uniqueString: (...args) =>
    [...hash(args)]
      .slice(0, 13)
      .map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32])
      .join(''),
  guid: (...args) =>
    hash(args)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
  int: (value) => Number(value),
  toLower: (value) => text(value).toLowerCase(),
  empty: (value) =>
    value === null ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0),
  union: (...objects) => Object.assign({}, ...objects) as unknown,
  subscription: () => ({ id: '/subscriptions/s-1', tenantId: 't-1' }),
  environment: () => ({ suffixes: { storage: 'core.windows.net' } }),
  subscriptionResourceId: (type, name) =>
    `/subscriptions/s-1/providers/${text(type)}/${text(name)}`,
};

/**
 * What a template would deploy with these parameters, modules and all.
 * @throws {Error} for a name that is not declared, a parameter that is missing, unknown or not allowed.
 */
export function evaluateTemplate(file: string, parameters: Values): Deployment {
  const { declarations } = parseBicep(readFileSync(file, 'utf8'));
  const scope = new Map<string, unknown>();
  const resources: Resource[] = [];
  const outputs: Record<string, unknown> = {};
  for (const name of Object.keys(parameters)) {
    if (!declarations.some((each) => each.kind === 'param' && each.name === name)) {
      throw new Error(`${file} has no parameter ${name}`);
    }
  }
  const declare = (declaration: Declaration, locals: ReadonlyMap<string, unknown>): unknown => {
    const { kind, name, value } = declaration;
    if (kind === 'param') return readParameter(declaration, parameters, locals);
    if (value === undefined) throw new Error(`${name} has no value`);
    if (kind === 'var') return evaluate(value, locals);
    if (kind === 'output') return (outputs[name] = evaluate(value, locals));
    const isLeftOut =
      declaration.condition !== undefined && evaluate(declaration.condition, locals) !== true;
    if (isLeftOut) return undefined;
    if (value.kind === 'for') {
      return each(value, locals, (inner) =>
        declare({ ...declaration, value: value.body, condition: undefined }, inner),
      );
    }
    const body = evaluate(value, locals) as Values;
    if (kind === 'module') {
      const inner = evaluateTemplate(
        join(dirname(file), declaration.type),
        (body['params'] ?? {}) as Values,
      );
      resources.push(...inner.resources);
      return new Made({ outputs: inner.outputs });
    }
    const resource = makeResource(declaration, body);
    resources.push(resource);
    return new Made({ ...body, id: resource.id, name: body['name'] }, resource);
  };
  for (const declaration of declarations) {
    scope.set(declaration.name, declare(declaration, scope));
  }
  return { resources, outputs };
}

function readParameter(
  { name, value, decorators }: Declaration,
  parameters: Values,
  scope: ReadonlyMap<string, unknown>,
): unknown {
  const given = parameters[name] ?? (value === undefined ? undefined : evaluate(value, scope));
  if (given === undefined) throw new Error(`The parameter ${name} is missing`);
  for (const decorator of decorators) {
    const [limit] = decorator.args.map((arg) => evaluate(arg, scope));
    const { length } = text(given);
    const isRight =
      decorator.name === 'allowed'
        ? (limit as unknown[]).includes(given)
        : decorator.name === 'minLength'
          ? length >= Number(limit)
          : decorator.name === 'maxLength'
            ? length <= Number(limit)
            : decorator.name === 'minValue'
              ? Number(given) >= Number(limit)
              : decorator.name === 'maxValue'
                ? Number(given) <= Number(limit)
                : ['description', 'secure', 'metadata'].includes(decorator.name);
    if (!isRight) throw new Error(`${name} is against @${decorator.name}`);
  }
  return given;
}

function makeResource(declaration: Declaration, body: Values): Resource {
  const [type = '', apiVersion = ''] = declaration.type.split('@');
  const { resource: parent } = (body['parent'] ?? {}) as Partial<Made>;
  const name = `${parent === undefined ? '' : `${parent.name}/`}${text(body['name'])}`;
  const { resource: appliesTo } = (body['scope'] ?? {}) as Partial<Made>;
  return {
    type,
    apiVersion,
    name,
    id: `/${type}/${name}`,
    scope: appliesTo?.id,
    body,
    isOnlyIfNotExists: declaration.decorators.some(({ name: each }) => each === 'onlyIfNotExists'),
  };
}

function each<T>(
  loop: Extract<Expression, { kind: 'for' }>,
  scope: ReadonlyMap<string, unknown>,
  make: (scope: ReadonlyMap<string, unknown>) => T,
): T[] {
  const [item = '', index = ''] = loop.names;
  return (evaluate(loop.over, scope) as unknown[]).map((value, i) =>
    make(new Map([...scope, [item, value], [index, i]])),
  );
}

function evaluate(expression: Expression, scope: ReadonlyMap<string, unknown>): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'text':
      return expression.parts
        .map((part) => (typeof part === 'string' ? part : text(evaluate(part, scope))))
        .join('');
    case 'name':
      if (!scope.has(expression.name)) throw new Error(`${expression.name} is not declared`);
      return scope.get(expression.name);
    case 'member':
      return memberOf(evaluate(expression.of, scope), text(evaluate(expression.name, scope)));
    case 'call': {
      const call = FUNCTIONS[expression.name];
      if (call === undefined) throw new Error(`The function ${expression.name} is not known here`);
      return call(...expression.args.map((arg) => evaluate(arg, scope)));
    }
    case 'object':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [
          text(evaluate(key, scope)),
          evaluate(value, scope),
        ]),
      );
    case 'array':
      return expression.items.map((item) => evaluate(item, scope));
    case 'for':
      return each(expression, scope, (inner) => evaluate(expression.body, inner));
    case 'operation':
      return operate(expression, scope);
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (value instanceof Later) return new Later(`${value.path}.${name}`);
  if (value instanceof Made) {
    const found = value.members[name];
    if (value.resource === undefined || name !== 'properties') {
      if (found === undefined) throw new Error(`There is no ${name}`);
      return found;
    }
    // What Azure adds to the properties is not known yet.
    return new Later(`${value.resource.name}.properties`);
  }
  const found = (value as Values | undefined)?.[name];
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
}

function operate(
  { operator, operands }: Extract<Expression, { kind: 'operation' }>,
  scope: ReadonlyMap<string, unknown>,
): unknown {
  const [first, second, third] = operands.map((operand) => () => evaluate(operand, scope));
  const left = first?.();
  switch (operator) {
    case '!':
      return left !== true;
    case '&&':
      return left === true && second?.() === true;
    case '||':
      return left === true || second?.() === true;
    case '==':
      return left === second?.();
    case '!=':
      return left !== second?.();
    case '+':
      return Number(left) + Number(second?.());
    case '?:':
      return left === true ? second?.() : third?.();
    default:
      throw new Error(`The operator ${operator} is not known here`);
  }
}
