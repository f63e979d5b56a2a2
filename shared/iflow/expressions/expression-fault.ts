/** An expression that cannot run here; `message` is a clause that names what is wrong. */
export class ExpressionFault extends Error {
  /** What the language has and Flowgate has not, such as `expression ${sys.user.home}`; '' for none. */
  readonly capability: string;

  constructor(message: string, capability = '') {
    super(message);
    this.name = 'ExpressionFault';
    this.capability = capability;
  }
}

/** A piece of an expression as clauses show it. */
export function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
