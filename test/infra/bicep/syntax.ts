/** An expression of the Bicep language, as far as the templates here use it. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'for';
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: Expression;
    }
  | {
      readonly kind: 'operation';
      readonly operator: string;
      readonly operands: readonly Expression[];
    };

export interface Declaration {
  readonly kind: 'param' | 'var' | 'resource' | 'module' | 'output';
  readonly name: string;
  /** Of a parameter or output; the type with its API version of a resource; the path of a module. */
  readonly type: string;
  readonly value: Expression | undefined;
  readonly condition: Expression | undefined;
  readonly decorators: readonly Extract<Expression, { kind: 'call' }>[];
}

export interface BicepFile {
  readonly targetScope: string;
  readonly declarations: readonly Declaration[];
}

/** All expressions within one, itself first. */
export function* walk(expression: Expression): Generator<Expression> {
  yield expression;
  for (const child of childrenOf(expression)) yield* walk(child);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'text':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'member':
      return [expression.of, expression.name];
    case 'call':
      return expression.args;
    case 'object':
      return expression.entries.flat();
    case 'array':
      return expression.items;
    case 'for':
      return [expression.over, expression.body];
    case 'operation':
      return expression.operands;
  }
}
